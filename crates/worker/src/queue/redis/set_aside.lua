-- Sets tasks aside that the worker cannot read. ARGV: …, their numbers.
for i = 3, #ARGV do set_aside(ARGV[i]) end
return 1

-- ARGV[1]: an ended job that goes at once, whoever holds it.
local number = ARGV[1]
close(number)
drop(number)

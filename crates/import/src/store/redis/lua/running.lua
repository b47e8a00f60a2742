-- How many jobs have not ended.
return running()

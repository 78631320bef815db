-- For wrk: the paths in the file PATHS, in an order that does not follow the file's.
local paths = {}
for line in io.lines(os.getenv("PATHS")) do
	paths[#paths + 1] = line
end
local at = 0

request = function()
	at = (at + 7919) % #paths
	return wrk.format("GET", paths[at + 1])
end

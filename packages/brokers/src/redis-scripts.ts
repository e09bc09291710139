/** Each runs in Redis as one step. Times are Redis's own: clocks of workers may differ. */

/**
 * KEYS workers, owners, offsets, meta; ARGV worker, milliseconds, partitions. A partition whose owner has not called for so long
 * is nobody's; a worker with more than its share gives some back.
 */
export const LEASE = `
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('HSETNX', KEYS[4], 'partitions', ARGV[3])
local count = tonumber(redis.call('HGET', KEYS[4], 'partitions'))
if count ~= tonumber(ARGV[3]) then return redis.error_reply('PARTITIONS ' .. count) end
local alive = {}
local workers = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, name in ipairs(workers) do alive[name] = true end
local share = math.ceil(count / #workers)
local mine, free = {}, {}
for p = 0, count - 1 do
  local owner = redis.call('HGET', KEYS[2], p)
  if owner == ARGV[1] then
    if #mine < share then table.insert(mine, p) else redis.call('HDEL', KEYS[2], p) end
  elseif not owner or not alive[owner] then
    table.insert(free, p)
  end
end
for _, p in ipairs(free) do
  if #mine >= share then break end
  redis.call('HSET', KEYS[2], p, ARGV[1])
  table.insert(mine, p)
end
local held = {}
for _, p in ipairs(mine) do
  table.insert(held, tostring(p))
  table.insert(held, redis.call('HGET', KEYS[3], p) or '0-0')
end
return held`;

/**
 * KEYS owners, offsets, results, dead letters, prefix of states; ARGV worker, then of each part its partition, from, to, results and dead
 * letters with ends of lines between them, the number of its states, and of these names and values in turn: nothing for
 * a state that is forgotten.
 */
export const COMMIT = `
local done = {}
local at = 2
while at <= #ARGV do
  local p, from, to = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local states = at + 6
  local ends = states + 2 * tonumber(ARGV[at + 5])
  local isNext = (redis.call('HGET', KEYS[2], p) or '0-0') == from
  if isNext and redis.call('HGET', KEYS[1], p) == ARGV[1] then
    for k = 3, 4 do
      for line in string.gmatch(ARGV[at + k], '[^\\n]+') do redis.call('XADD', KEYS[k], '*', 'data', line) end
    end
    for k = states, ends - 1, 2 do
      if ARGV[k + 1] == '' then redis.call('HDEL', KEYS[5] .. p, ARGV[k])
      else redis.call('HSET', KEYS[5] .. p, ARGV[k], ARGV[k + 1]) end
    end
    redis.call('HSET', KEYS[2], p, to)
    table.insert(done, 1)
  else
    table.insert(done, 0)
  end
  at = ends
end
return done`;

/** KEYS workers, owners; ARGV worker. */
export const RELEASE = `
redis.call('ZREM', KEYS[1], ARGV[1])
local owners = redis.call('HGETALL', KEYS[2])
for k = 1, #owners, 2 do
  if owners[k + 1] == ARGV[1] then redis.call('HDEL', KEYS[2], owners[k]) end
end
return 1`;

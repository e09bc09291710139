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

/** KEYS owners, offsets, results, dead letters, prefix of states; ARGV worker, parts as JSON. */
export const COMMIT = `
local done = {}
for i, part in ipairs(cjson.decode(ARGV[2])) do
  local p = part.partition
  local isNext = (redis.call('HGET', KEYS[2], p) or '0-0') == part.from
  if isNext and redis.call('HGET', KEYS[1], p) == ARGV[1] then
    for _, line in ipairs(part.results) do redis.call('XADD', KEYS[3], '*', 'data', line) end
    for _, line in ipairs(part.deadLetters) do redis.call('XADD', KEYS[4], '*', 'data', line) end
    for _, state in ipairs(part.states) do redis.call('HSET', KEYS[5] .. p, state[1], state[2]) end
    redis.call('HSET', KEYS[2], p, part.to)
    done[i] = 1
  else
    done[i] = 0
  end
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

/**
 * What Redis does as one step. The keys of each: lock, meta, values, order (see `StoreKeys`).
 *
 * `writer` in meta, `<token>/<number>`, is the last write, and whose. A write says which one it follows: it is refused when
 * somebody else has opened the store since, or when Redis has lost a write that it had acknowledged, as after a restart from
 * an older file or a failover. A write that is sent twice, as its answer got lost, is applied once.
 */

/** How many arguments one call from a script takes; Lua's stack ends at 8000. */
const ARGUMENTS = 7000

/** token, lock timeout -> 'locked', or 'damaged' and why, or 'open' and the checkpoint */
export const OPEN: string = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {'locked'} end
local meta = redis.call('HMGET', KEYS[2], 'format', 'entries', 'checkpoint')
if meta[1] and meta[1] ~= '1' then return {'damaged', 'its format is ' .. meta[1] .. ', not 1'} end
local entries = redis.call('HLEN', KEYS[3])
if entries ~= redis.call('ZCARD', KEYS[4]) or entries ~= tonumber(meta[2] or '0') then
  return {'damaged', 'some of its entries are missing'}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'format', '1', 'entries', entries, 'writer', ARGV[1] .. '/0')
return {'open', meta[3]}
`

/** the write before, this write, the checkpoint or '', packed keys to delete, packed entries -> whether it was applied */
export const WRITE: string = `
local writer = redis.call('HGET', KEYS[2], 'writer')
if writer == ARGV[2] then return 1 end
if writer ~= ARGV[1] then return 0 end
local call, take = redis.call, struct.unpack
local packed, at = ARGV[4], 1
while at <= #packed do
  local keys, n = {}, 0
  while at <= #packed and n < ${ARGUMENTS} do
    n = n + 1
    keys[n], at = take('<I4c0', packed, at)
  end
  call('HDEL', KEYS[3], unpack(keys, 1, n))
  call('ZREM', KEYS[4], unpack(keys, 1, n))
end
packed, at = ARGV[5], 1
while at <= #packed do
  local entries, n = {}, 0
  while at <= #packed and n < ${ARGUMENTS} do
    entries[n + 1], entries[n + 2], at = take('<I4c0I4c0', packed, at)
    n = n + 2
  end
  if call('HSET', KEYS[3], unpack(entries, 1, n)) > 0 then
    for i = 1, n, 2 do entries[i], entries[i + 1] = '0', entries[i] end
    call('ZADD', KEYS[4], unpack(entries, 1, n))
  end
end
call('HSET', KEYS[2], 'writer', ARGV[2], 'entries', call('HLEN', KEYS[3]))
if ARGV[3] ~= '' then call('HSET', KEYS[2], 'checkpoint', ARGV[3]) end
return 1
`

/** the command, its two bounds, how many entries, about how many bytes -> the writer, then keys and values in turn */
export const PAGE: string = `
local page, n, bytes = {redis.call('HGET', KEYS[2], 'writer')}, 1, 0
local keys = redis.call(ARGV[1], KEYS[4], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
for first = 1, #keys, 16 do
  local last = math.min(first + 15, #keys)
  local values = redis.call('HMGET', KEYS[3], unpack(keys, first, last))
  for i = first, last do
    local value = values[i - first + 1]
    page[n + 1], page[n + 2] = keys[i], value
    n = n + 2
    if value then bytes = bytes + #value end
  end
  if bytes >= tonumber(ARGV[5]) then break end
end
return page
`

/** token, lock timeout -> whether the store is still its own */
export const RENEW: string = `
local writer = redis.call('HGET', KEYS[2], 'writer') or ''
if string.sub(writer, 1, #ARGV[1] + 1) ~= ARGV[1] .. '/' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`

/** token */
export const CLOSE: string = `
local writer = redis.call('HGET', KEYS[2], 'writer') or ''
if string.sub(writer, 1, #ARGV[1] + 1) == ARGV[1] .. '/' then redis.call('HDEL', KEYS[2], 'writer') end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`

/** -> whether it was not locked, and is gone */
export const DROP: string = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
return 1
`

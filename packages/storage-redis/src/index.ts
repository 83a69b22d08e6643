export { type RedisClientOptions, type RedisStorageOptions, redis } from './redis.ts'

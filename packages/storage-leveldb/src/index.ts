export { type LevelDbOptions, leveldb } from './leveldb.ts'

// Opens a store, says "open" or the code of the failure, and holds it until its standard input ends.
import { isGokaError } from '@goka/interface'
import { leveldb } from '@goka/storage-leveldb'
import { CONTEXT, NAME } from '../store-case.ts'

const [path = ''] = process.argv.slice(2)
try {
  const store = await leveldb({ path }).open(NAME, CONTEXT)
  console.log('open')
  process.stdin.resume().on('end', () => void store.close())
} catch (error) {
  console.log(isGokaError(error) ? error.code : error)
}

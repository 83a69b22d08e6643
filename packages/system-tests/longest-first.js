import { basename } from 'node:path'

const longest = ['faults', 'crash-matrix', 'ctrl-c', 'coordinator', 'transport-mutants']

/** The order of Jest's test files: the longest first, so that no worker is left with one of them at the end. */
export default class LongestFirst {
  sort(tests) {
    const place = ({ path }) => {
      const index = longest.indexOf(basename(path, '.test.ts'))
      return index < 0 ? longest.length : index
    }
    return [...tests].sort((a, b) => place(a) - place(b))
  }

  /** Jest's own order is of the last run, which is unknown in an empty clone. */
  cacheResults() {}
}

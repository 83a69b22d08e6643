/**
 * The databases that this process has open. LevelDB's lock belongs to the process (`fcntl`), and a process loses it when it
 * opens and closes the lock file once more, which LevelDB itself does when it is asked for the same database twice
 * (`PosixEnv::LockFile`). Then another process could open the database beside this one. So nobody may ask twice, whichever
 * storage object it is asked through.
 */
const held = new Set<string>()

/** Reserves a database; false when it is reserved already. `location` has no symbolic links. */
export function hold(location: string): boolean {
  if (held.has(location)) return false
  held.add(location)
  return true
}

export function release(location: string): void {
  held.delete(location)
}

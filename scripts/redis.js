import { capture, run } from './command.js'
import { checkRequirements } from './requirements.js'

const redis = {
  name: 'redis-server',
  why: 'to test the storage in Redis',
  install: 'apt-get install redis-server',
  found: () => capture('redis-server', ['--version']) !== undefined,
}

/** Installs Redis where it is missing and this user may: root of a Debian or Ubuntu, as in a container. */
export async function installRedis() {
  if (!redis.found() && process.getuid?.() === 0 && capture('apt-get', ['--version'])) {
    console.error('installing redis-server')
    // Run level 1: the service is not started.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const apt = (...args) => run('apt-get', ['-y', '-qq', ...args], { env, quiet: true })
    const install = () => apt('install', '--no-install-recommends', 'redis-server')
    // The lists of a fresh image are empty or old; one that cannot be fetched may not matter.
    await apt('update')
    await install()
  }
  return checkRequirements([redis]) ? 0 : 1
}

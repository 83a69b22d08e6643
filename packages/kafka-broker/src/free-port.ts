import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems hand to outgoing connections (Linux from 32768, macOS from 49152), so that no client
 * can sit on the port while a broker is being restarted.
 */
const firstPort = 20_000
const lastPort = 32_000

/** A port of the loopback interface that nothing listens on now; another process may take it before the caller does. */
export async function freePort(): Promise<number> {
  let port: number
  do port = firstPort + Math.floor(Math.random() * (lastPort - firstPort))
  while (!(await isFree(port)))
  return port
}

/** Whether a server could listen on this port of the loopback interface now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EADDRINUSE') return false
    throw error
  } finally {
    server.close()
  }
}

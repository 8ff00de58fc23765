/** Ports of the loopback. */
import { createServer } from 'node:net'

/** A port that was free a moment ago; `wanted` itself, or any. @throws the system's error, EADDRINUSE when it is taken */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (typeof address === 'object' && address ? done(address.port) : fail(new Error('no port'))))
    })
  })
}

export class PortInUseError extends Error {}

/**
 * Looks at ports before anything is started; `option` says how to choose others.
 * @throws PortInUseError with what to do
 */
export async function needPorts(wanted: readonly { ports: readonly number[]; option?: string }[]): Promise<void> {
  for (const { option, ports } of wanted)
    for (const port of ports.filter((one) => one !== 0))
      try {
        await freePort(port)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        throw new PortInUseError(
          `Port ${port} is in use by another program (perhaps a demo that still runs). Stop it${option ? `, or choose another: ${option}` : ''}.`,
        )
      }
}

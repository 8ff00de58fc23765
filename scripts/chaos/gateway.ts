/** A door to the database for one process. It sees every command, and can cut one off before or after it takes effect. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Command, commandOf, frameReader } from './wire.ts'

/** `before`: the database never gets the command. `after`: it has answered, and the answer goes nowhere. */
export interface Cut {
  when: 'before' | 'after'
  /** Runs at that instant; nothing more passes on this connection. */
  run: () => void
}

export interface Gateway {
  /** The same database through this door. */
  uri: string
  close(): void
}

export async function openGateway(uri: string, meet: (command: Command) => Cut | null): Promise<Gateway> {
  const target = new URL(uri)
  if (target.protocol !== 'mongodb:' || target.host.includes(','))
    throw new Error('fault runs need a database at one mongodb:// address')
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 27_017), target.hostname)
    pass(client, upstream, meet)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  const door = new URL(uri)
  door.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  // A driver that looks for the members of a replica set would find the way around us.
  door.searchParams.delete('replicaSet')
  door.searchParams.set('directConnection', 'true')
  return {
    uri: door.toString(),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function pass(client: Socket, upstream: Socket, meet: (command: Command) => Cut | null): void {
  const awaited = new Map<number, Cut>()
  let isCut = false
  const end = (cut: Cut) => {
    isCut = true
    cut.run()
  }
  client.on(
    'data',
    frameReader((frame) => {
      if (isCut) return
      const command = commandOf(frame)
      const cut = command && meet(command)
      if (cut?.when === 'before') return end(cut)
      if (cut) awaited.set(frame.requestId, cut)
      upstream.write(frame.bytes)
    }),
  )
  upstream.on(
    'data',
    frameReader((frame) => {
      const cut = awaited.get(frame.responseTo)
      if (cut) end(cut)
      if (!isCut) client.write(frame.bytes)
    }),
  )
  // A killed process leaves no sentence unfinished at the database: what it sent before is worked on, then the door closes.
  client.once('close', () => upstream.end())
  upstream.once('close', () => client.destroy())
  for (const socket of [client, upstream]) socket.on('error', () => undefined)
}

/**
 * A server program for tests of the database ladder where no real one can be had: it speaks just enough of the wire protocol for
 * the real driver to connect, and behaves as mongod does about replica sets: a member whose configuration names another address
 * is removed from the set until it is reconfigured by force. `secantusd` arguments make it a server without a set.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BSON } from 'mongodb'

const args = process.argv.slice(2)
const after = (name) => args[args.indexOf(name) + 1]
if (args.includes('--help')) process.exit(0)
const inSet = args.includes('--replSet')
const folder = after(inSet ? '--dbpath' : '--storage-path')
const port = Number(after('--port'))
const me = `127.0.0.1:${port}`
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'pid'), String(process.pid))

const configFile = join(folder, 'set.json')
const readConfig = () => {
  try {
    return JSON.parse(readFileSync(configFile, 'utf8'))
  } catch {
    return null
  }
}
const keep = (config) => {
  writeFileSync(configFile, JSON.stringify(config))
  return { ok: 1 }
}

function hello() {
  const common = { maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 }
  const base = { ...common, minWireVersion: 0, maxWireVersion: 21, ok: 1 }
  if (!inSet) return { ...base, isWritablePrimary: true, ismaster: true }
  const config = readConfig()
  const host = config?.members[0].host
  if (host !== me) return { ...base, isWritablePrimary: false, ismaster: false, secondary: false, isreplicaset: true }
  const { _id: setName, version: setVersion } = config
  return { ...base, isWritablePrimary: true, ismaster: true, setName, setVersion, hosts: [me], primary: me, me }
}

const refused = (code, codeName) => ({ ok: 0, code, codeName, errmsg: codeName })
const commands = {
  hello,
  ismaster: hello,
  isMaster: hello,
  ping: () => ({ ok: 1 }),
  endSessions: () => ({ ok: 1 }),
  replSetInitiate: ({ replSetInitiate }) =>
    readConfig() ? refused(23, 'AlreadyInitialized') : keep({ ...replSetInitiate, version: 1 }),
  replSetGetConfig: () => ({ config: readConfig(), ok: 1 }),
  replSetReconfig: ({ replSetReconfig, force }) =>
    force && !readConfig().frozen && replSetReconfig.version > readConfig().version
      ? keep(replSetReconfig)
      : refused(103, 'NewReplicaSetConfigurationIncompatible'),
}
const answer = (command) => {
  const run = commands[Object.keys(command)[0]]
  return run ? run(command) : refused(59, 'CommandNotFound')
}

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
function reply(message) {
  const [requestId, opCode] = [message.readInt32LE(4), message.readInt32LE(12)]
  const query = opCode === OP_QUERY
  // OP_QUERY: flags, a name, two numbers, a document. OP_MSG: flags, one section of kind 0.
  const start = query ? message.indexOf(0, 20) + 1 + 8 : 21
  const document = message.subarray(start, start + message.readInt32LE(start))
  const body = BSON.serialize(answer(BSON.deserialize(document)))
  const head = Buffer.alloc(query ? 36 : 21)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(requestId, 8)
  head.writeInt32LE(query ? OP_REPLY : OP_MSG, 12)
  if (query) head.writeInt32LE(1, 32)
  return Buffer.concat([head, body])
}

await sleep(Number(process.env.FAKE_MONGOD_DELAY_MS ?? 0))
createServer((socket) => {
  let pending = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const size = pending.readInt32LE(0)
      socket.write(reply(pending.subarray(0, size)))
      pending = pending.subarray(size)
    }
  })
}).listen(port, '127.0.0.1')

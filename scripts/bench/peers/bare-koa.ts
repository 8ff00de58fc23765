/**
 * The peer of the callbacks benchmark, a process of its own: what one writes in an afternoon. Read the body, verify, decrypt,
 * insert, answer. No guards, no deduplication, no index, nobody who works on it.
 */
import { decrypt, getSignature } from '@wecom/crypto'
import { XMLParser } from 'fast-xml-parser'
import Koa from 'koa'
import { MongoClient } from 'mongodb'
import getRawBody from 'raw-body'

const {
  MONGODB_URI = '',
  PORT = '0',
  WECOM_CALLBACK_TOKEN = '',
  WECOM_CALLBACK_AES_KEY = '',
  WECOM_CORP_ID,
} = process.env

const client = await new MongoClient(MONGODB_URI).connect()
const callbacks = client.db().collection('callbacks')
const xml = new XMLParser({ parseTagValue: false, processEntities: false })
const app = new Koa()

app.use(async (ctx) => {
  if (ctx.path === '/readyz') {
    ctx.body = 'ready'
    return
  }
  const { msg_signature, timestamp, nonce } = ctx.query
  const body = await getRawBody(ctx.req, { limit: '64kb', encoding: 'utf8' })
  const { Encrypt: encrypted } = (xml.parse(body) as { xml: { Encrypt: string } }).xml
  if (getSignature(WECOM_CALLBACK_TOKEN, String(timestamp), String(nonce), encrypted) !== msg_signature)
    return ctx.throw(401)
  const { message, id } = decrypt(WECOM_CALLBACK_AES_KEY, encrypted)
  if (id !== WECOM_CORP_ID) return ctx.throw(401)
  await callbacks.insertOne({ receivedAt: new Date(), message: (xml.parse(message) as { xml: object }).xml })
  ctx.body = ''
})
app.listen(Number(PORT), '127.0.0.1')

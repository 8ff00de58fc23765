/** The mail server of everybody who has an address: it takes a mail for a person it knows, and takes a repeat again. */
import type { AddressInfo } from 'node:net'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { SimContext } from './api/types.ts'
import { type Faults, identityOf } from './faults.ts'
import type { Stage, Tap } from './server.ts'

/** How faults and taps name it; nothing listens there over HTTP. */
export const SMTP_PATH = '/_sim/smtp'

const SIZE_LIMIT = 5 * 1024 * 1024

interface MailServerDeps {
  /** 0 = any. */
  port: number
  context: () => SimContext
  faults: Faults
  taps: Set<Tap>
}

const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode })

export async function createMailServer({ port, context, faults, taps }: MailServerDeps) {
  /** Takes, refuses, or hangs up: 'drop' leaves the sender without a reply. */
  async function take(raw: Buffer, session: SMTPServerSession): Promise<'taken' | 'drop' | Error> {
    const { world, ledger, clock } = context()
    const mail = await PostalMime.parse(raw)
    const to = session.envelope.rcptTo.map(({ address }) => address.toLowerCase())
    const messageId = mail.messageId?.replace(/^<|>$/g, '') ?? null
    const body = { from: mail.from?.address ?? '', to, messageId, subject: mail.subject ?? '', text: mail.text ?? '' }
    const tap = async (stage: Stage) => {
      const said = []
      for (const one of taps) said.push(await one({ stage, base: 'smtp', path: SMTP_PATH, query: {}, body, host: '' }))
      return said
    }
    if ((await tap('received')).includes('drop')) return 'drop'
    const met = faults.meet(SMTP_PATH, [identityOf('DATA', new URLSearchParams(), body)])
    for (const { latencyMs } of met) if (latencyMs) await new Promise((done) => setTimeout(done, latencyMs))
    if (met.some(({ drop }) => drop === 'before')) return 'drop'
    const injected = met.find(({ errcode }) => errcode !== undefined)?.errcode
    if (injected !== undefined) return refusal(injected >= 400 && injected < 600 ? injected : 451, 'injected fault')
    for (const address of to) {
      const customer = world.byEmail.get(address)
      if (!customer) continue
      ledger.add({
        at: clock.now().toISOString(),
        person: customer.personId,
        kind: 'email',
        messageId,
        channel: 'smtp',
        payload: { from: mail.from?.name ?? '', address: body.from, subject: body.subject, html: mail.html ?? '' },
        text: body.text.trim(),
      })
    }
    await tap('acted')
    if (met.some(({ drop }) => drop === 'after')) return 'drop'
    void tap('answered')
    return 'taken'
  }

  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: SIZE_LIMIT,
    onRcptTo({ address }, _, done) {
      done(context().world.byEmail.has(address.toLowerCase()) ? null : refusal(550, 'no such mailbox here'))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(refusal(552, 'message too large'))
        const work = () => take(Buffer.concat(chunks), session)
        context()
          .clock.during('request smtp', work, { quiet: true })
          .then(
            (what) => (what === 'drop' ? hangUp(session) : done(what === 'taken' ? null : what)),
            (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
          )
      })
    },
  })
  const cut = (which: (session: SMTPServerSession) => boolean) => {
    for (const { session, _socket } of server.connections) if (which(session)) _socket.destroy()
  }
  /** No reply, as when a cable is pulled. */
  const hangUp = ({ id }: SMTPServerSession) => cut((session) => session.id === id)
  server.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()))
      cut(() => true)
      await closed
    },
  }
}

/**
 * Email over SMTP, by nodemailer: well kept, nothing below it, no install script. No mail server recognises a repeat, so what
 * matters is what is known after a failure: as long as no byte of the message was asked for, nobody has got it; after that only
 * the server's reply tells. nodemailer's transport doesn't say how far it came, its connection does.
 */
import { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Clock } from '../platform/clock.ts'
import { type ChannelDriver, Undelivered } from './driver.ts'
import { messageKey, type OutboxRow } from './model.ts'

export interface EmailSettings {
  /** `smtp://user:password@host:port` (STARTTLS, except to this machine itself) or `smtps://…`. */
  url: string
  /** Address that mails come from and answers go to. */
  from: string
}

/** What the write-ahead intent keeps: the mail's bytes follow from it. */
interface Mail {
  messageId: string
  date: string
  from: { name: string; address: string }
  to: string
  subject: string
  text: string
}

export const emailFreezer =
  (from: string, clock: Pick<Clock, 'now'>): ChannelDriver['freeze'] =>
  (row: OutboxRow, target, n) => {
    const content = row.content.kind === 'customer' ? row.content : null
    const mail: Mail = {
      // The same row gives the same id: a mail that came twice after all can be told for one.
      messageId: `${messageKey(row._id, 'email', n)}@${from.slice(from.lastIndexOf('@') + 1)}`,
      date: clock.now().toUTCString().replace('GMT', '+0000'),
      from: { name: content?.email?.sender ?? '', address: from },
      to: target,
      // A row from before mails had subjects.
      subject: content?.email?.subject ?? '术后护理关怀',
      text: content?.chat ?? '',
    }
    return JSON.stringify(mail)
  }

const mailOf = (body: string): Mail => JSON.parse(body) as Mail
export const emailIdOf: ChannelDriver['idOf'] = (body) => (JSON.parse(body) as Partial<Mail>).messageId ?? null

export function smtpEmail({ url, from }: EmailSettings, clock: Pick<Clock, 'now'>): ChannelDriver {
  const { options, auth } = serverOf(url)
  return {
    dedupe: 'none',
    freeze: emailFreezer(from, clock),
    async send(body, timeoutMs) {
      const mail = mailOf(body)
      const bytes = await bytesOf(mail)
      await deliver(options, auth, { from: mail.from.address, to: mail.to }, bytes, timeoutMs)
      return { messageId: mail.messageId, responseCode: null }
    },
    idOf: emailIdOf,
  }
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])

function serverOf(address: string) {
  const { protocol, hostname, port, username, password } = new URL(address)
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'smtps:'
  // What a mail says of somebody's treatment leaves this machine encrypted or not at all.
  const tls = LOOPBACK.has(host) ? { ignoreTLS: true } : { requireTLS: !secure }
  return {
    options: { host, secure, ...(port ? { port: Number(port) } : {}), ...tls },
    auth: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : null,
  }
}

/** The same mail, the same bytes: nothing in them comes from chance or from the hour of the try. */
const bytesOf = ({ messageId, date, from, to, subject, text }: Mail): Promise<Buffer> =>
  new MailComposer({
    messageId: `<${messageId}>`,
    date,
    from,
    to: { name: '', address: to },
    subject,
    text,
    html: htmlOf(text),
    // Out-of-office replies would go to a clinic's mailbox by the hundred.
    headers: { 'Auto-Submitted': 'auto-generated' },
    baseBoundary: messageId.replace(/@.*$/, ''),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign)

/** The same words as paragraphs. */
const htmlOf = (text: string): string => {
  const lines = text.split('\n').map((line) => `<p>${escaped(line)}</p>`)
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body>${lines.join('')}</body></html>`
}

/** Resolves when the server has taken the mail. @throws Undelivered, or what left its fate open */
function deliver(
  options: ConstructorParameters<typeof SMTPConnection>[0],
  auth: { user: string; pass: string } | null,
  envelope: { from: string; to: string },
  bytes: Buffer,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false
    const message = new Readable({
      read() {
        asked = true
        this.push(bytes)
        this.push(null)
      },
    })
    const connection = new SMTPConnection({
      ...options,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    })
    const fail = (error: SmtpFailure) => {
      clearTimeout(limit)
      connection.close()
      message.destroy()
      reject(undeliveredOf(error, asked) ?? error)
    }
    const limit = setTimeout(() => fail(new Error('the mail server is silent')), timeoutMs)
    const send = () =>
      connection.send(envelope, message, (error) => {
        if (error) return fail(error)
        clearTimeout(limit)
        connection.quit()
        resolve()
      })
    connection.on('error', fail)
    connection.connect((error) => {
      if (error) return fail(error)
      if (auth === null) return send()
      connection.login({ user: auth.user, pass: auth.pass }, (denied) => (denied ? fail(denied) : send()))
    })
  })
}

type SmtpFailure = Error & { code?: string | undefined; responseCode?: number | undefined }

/** Null: the bytes were on their way, and no reply came. */
function undeliveredOf(error: SmtpFailure, asked: boolean): Undelivered | null {
  const { responseCode = null } = error
  // A password that is refused refuses everybody: the mails wait for whoever mends it, as when the server isn't there.
  if (error.code === 'EAUTH') return new Undelivered(responseCode, { busy: true }, error)
  if (responseCode !== null) return new Undelivered(responseCode, { busy: responseCode < 500 }, error)
  return asked ? null : new Undelivered(null, { busy: true }, error)
}

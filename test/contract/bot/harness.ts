/** The same bot on two puppets: Wechaty's own mock, and ours with a line in memory. */
import { Readable } from 'node:stream'
import { FileBox } from 'file-box'
import { log, type Wechaty, WechatyBuilder } from 'wechaty'
import { mock, PuppetMock } from 'wechaty-puppet-mock'
import type { Line, LineContent, LineMessage } from '../../../src/bot/puppet-wecom/line.ts'
import { KfPuppet } from '../../../src/bot/puppet-wecom/puppet.ts'

log.level('silent')

export interface Harness {
  name: string
  wechaty: Wechaty
  customer(name: string): string
  says(customerId: string, text: string): void
  sends(customerId: string, file: { name: string; base64: string }): void
  /** What reached customers, as they read it. */
  got(): { to: string; text: string }[]
  stop(): Promise<void>
}

interface Said {
  talker(): { id: string }
  text(): string | undefined
}

async function started(puppet: PuppetMock | KfPuppet): Promise<Wechaty> {
  const wechaty = WechatyBuilder.build({ puppet })
  wechaty.on('error', () => undefined)
  await wechaty.start()
  return wechaty
}

export async function onMock(): Promise<Harness> {
  const mocker = new mock.Mocker()
  const wechaty = await started(new PuppetMock({ mocker }))
  const store = mocker.createContact({ name: '门店' })
  mocker.login(store)
  const got: { to: string; text: string }[] = []
  const people = new Map<string, ReturnType<typeof mocker.createContact>>()
  return {
    name: 'wechaty-puppet-mock',
    wechaty,
    customer(name) {
      const contact = mocker.createContact({ name })
      people.set(contact.id, contact)
      // Its types leave the events out.
      const events = contact as unknown as { on(name: 'message', hear: (message: Said) => void): void }
      events.on('message', (message) => {
        if (message.talker().id === store.id) got.push({ to: contact.id, text: message.text() ?? '' })
      })
      return contact.id
    },
    says: (id, text) => people.get(id)?.say(text).to(store),
    sends: (id, { name, base64 }) => people.get(id)?.say(FileBox.fromBase64(base64, name)).to(store),
    got: () => got,
    stop: () => wechaty.stop(),
  }
}

/** What our puppet asks of the house, kept in memory. */
export function memoryLine() {
  const messages = new Map<string, LineMessage>()
  const names = new Map<string, string>()
  const files = new Map<string, Buffer>()
  const sent = new Map<string, { to: string; content: LineContent; key: string }>()
  const line: Line = {
    accountId: 'kf_account',
    message: async (id) => messages.get(id) ?? null,
    contact: async (id) => (names.has(id) ? { id, name: names.get(id) ?? '' } : null),
    async send(to, content, { answers, n }) {
      const id = `${answers ?? `push${sent.size}`}:${n}`
      if (!sent.has(id)) sent.set(id, { to, content, key: id })
      const text = content.kind === 'text' ? content.text : '[文件]'
      messages.set(id, {
        id,
        customerId: to,
        direction: 'out',
        at: new Date(),
        type: 'text',
        text,
        mediaId: null,
        content: null,
      })
      return id
    },
    recall: async (id) => sent.delete(id),
    download: async (id) => ({ name: `${id}.jpg`, stream: Readable.from([files.get(id) ?? Buffer.alloc(0)]) }),
    async upload(_kind, { bytes }) {
      const id = `media${files.size}`
      files.set(id, bytes)
      return id
    },
  }
  return { line, messages, names, files, sent }
}

export async function onOurs(): Promise<
  Harness & {
    house: ReturnType<typeof memoryLine>
    puppet: KfPuppet
    hear: (message: Partial<LineMessage>) => LineMessage
  }
> {
  const house = memoryLine()
  const puppet = new KfPuppet(house.line)
  const wechaty = await started(puppet)
  let n = 0
  function hear(message: Partial<LineMessage>): LineMessage {
    n += 1
    const whole: LineMessage = {
      id: `m${n}`,
      customerId: 'c1',
      direction: 'in',
      at: new Date('2026-03-02T03:00:00Z'),
      type: 'text',
      text: null,
      mediaId: null,
      content: null,
      ...message,
    }
    house.messages.set(whole.id, whole)
    puppet.deliver(whole.id)
    return whole
  }
  return {
    name: 'our puppet',
    wechaty,
    house,
    puppet,
    hear,
    customer(name) {
      const id = `c${house.names.size + 1}`
      house.names.set(id, name)
      return id
    },
    says: (customerId, text) => void hear({ customerId, text }),
    sends(customerId, { base64 }) {
      const mediaId = `file${house.files.size}`
      house.files.set(mediaId, Buffer.from(base64, 'base64'))
      hear({ customerId, type: 'image', mediaId })
    },
    // As the customer reads it: buttons are lines.
    got: () =>
      [...house.sent.values()].map(({ to, content }) => ({
        to,
        text:
          content.kind === 'text' ? [content.text, ...content.menu.map(({ label }) => label)].join('\n') : content.kind,
      })),
    stop: () => wechaty.stop(),
  }
}

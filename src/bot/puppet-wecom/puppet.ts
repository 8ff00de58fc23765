/**
 * A Wechaty puppet over WeChat customer service (微信客服), the official way: messages in are those that the worker's puller has
 * stored, messages out are rows of the outbox, which keeps windows, the five messages and ids. No protocol of its own, no
 * account that could be lost.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { FileBox, type FileBoxInterface } from 'file-box'
import { type payloads, throwUnsupportedError, type types } from 'wechaty-puppet'
import type { FileKind, Line, LineContent, LineKey, LineMessage } from './line.ts'
import { menuIn } from './menu.ts'
import { contactPayload, locationPayload, messagePayload, miniProgramPayload, urlPayload } from './payloads.ts'
import { ConversationPuppet } from './without.ts'

/** What is being answered: carried along with whatever a listener does with a message. */
interface Turn {
  answers: string
  said: number
}

const ACCOUNT = '微信客服'
const KINDS: [RegExp, FileKind][] = [
  [/^image\/(jpeg|png)$/, 'image'],
  [/^audio\/amr$/, 'voice'],
  [/^video\/mp4$/, 'video'],
]

export class KfPuppet extends ConversationPuppet {
  static override readonly VERSION = '1.0.0'
  readonly #line: Line
  readonly #turns = new AsyncLocalStorage<Turn>()

  constructor(line: Line) {
    super({ name: 'wecom' })
    this.#line = line
  }

  override name = (): string => 'wechaty-puppet-wecom'
  override version = (): string => KfPuppet.VERSION

  override async onStart(): Promise<void> {
    // An account of the corp is always there: nobody scans a code.
    this.login(this.#line.accountId)
    this.emit('ready', { data: 'customer service' })
  }
  override async onStop(): Promise<void> {
    // Nothing is kept open here.
  }
  override ding(data = ''): void {
    setImmediate(() => this.emit('dong', { data }))
  }

  /** Hands a stored message to whoever listens. What they say while they work on it are answers to it, in their order. */
  deliver(messageId: string): void {
    this.#turns.run({ answers: messageId, said: 0 }, () => this.emit('message', { messageId }))
  }

  override async contactList(): Promise<string[]> {
    // Everybody who has ever come: nobody should load them all.
    return []
  }
  override async contactRawPayload(id: string): Promise<{ id: string; name: string }> {
    if (id === this.#line.accountId) return { id, name: ACCOUNT }
    const contact = await this.#line.contact(id)
    if (!contact) throw new Error('no such contact')
    // Under the id that was asked for, whatever somebody was merged into since.
    return { id, name: contact.name }
  }
  override async contactRawPayloadParser({ id, name }: { id: string; name: string }): Promise<payloads.Contact> {
    return contactPayload(id, name, id === this.#line.accountId)
  }

  override async messageRawPayload(id: string): Promise<LineMessage> {
    const message = await this.#line.message(id)
    if (!message) throw new Error('no such message')
    return message
  }
  override async messageRawPayloadParser(message: LineMessage): Promise<payloads.Message> {
    return messagePayload(message, this.#line.accountId)
  }

  override async messageFile(id: string): Promise<FileBoxInterface> {
    const { mediaId } = await this.messageRawPayload(id)
    if (mediaId === null) throw new Error('that message has no file')
    const { name, stream } = await this.#line.download(mediaId)
    return FileBox.fromStream(stream, name)
  }
  /** There is one size. */
  override messageImage = (id: string, _type: types.Image): Promise<FileBoxInterface> => this.messageFile(id)
  override async messageContact(id: string): Promise<string> {
    const { userid } = await this.#contentOf(id)
    return typeof userid === 'string' ? userid : ''
  }
  override messageUrl = async (id: string): Promise<payloads.UrlLink> => urlPayload(await this.#contentOf(id))
  override messageLocation = async (id: string): Promise<payloads.Location> =>
    locationPayload(await this.#contentOf(id))
  override messageMiniProgram = async (id: string): Promise<payloads.MiniProgram> =>
    miniProgramPayload(await this.#contentOf(id))
  async #contentOf(id: string): Promise<Record<string, unknown>> {
    return (await this.messageRawPayload(id)).content ?? {}
  }

  override async messageSendText(to: string, text: string): Promise<string> {
    const { head, items } = menuIn(text)
    return this.#send(to, { kind: 'text', text: head, menu: items })
  }
  override async messageSendFile(to: string, file: FileBoxInterface): Promise<string> {
    const bytes = await file.toBuffer()
    const contentType = file.mediaType
    const kind = KINDS.find(([type]) => type.test(contentType))?.[1] ?? 'file'
    // The place among the answers is taken first: an upload must not let a later message overtake.
    const key = this.#key()
    const mediaId = await this.#line.upload(kind, { name: file.name, contentType, bytes })
    return this.#send(to, { kind: 'media', type: kind, mediaId }, key)
  }
  override messageSendUrl = (
    to: string,
    { title, description, url, thumbnailUrl }: payloads.UrlLink,
  ): Promise<string> =>
    this.#send(to, { kind: 'link', title, description: description ?? '', url, thumbMediaId: thumbnailUrl ?? '' })
  override messageSendMiniProgram = (to: string, payload: payloads.MiniProgram): Promise<string> =>
    this.#send(to, {
      kind: 'mini_program',
      appId: payload.appid ?? '',
      title: payload.title ?? '',
      page: payload.pagePath ?? '',
      thumbMediaId: payload.thumbUrl ?? '',
    })
  override messageSendLocation = (to: string, payload: payloads.Location): Promise<string> => {
    const { name, address, latitude, longitude } = payload
    return this.#send(to, { kind: 'location', name, address, latitude, longitude })
  }
  override messageSendContact = async (): Promise<string> => throwUnsupportedError()
  override messageSendPost = async (): Promise<string> => throwUnsupportedError()
  override async messageForward(to: string, messageId: string): Promise<string> {
    const { type, text, mediaId } = await this.messageRawPayload(messageId)
    if (text !== null) return this.messageSendText(to, text)
    if (mediaId === null) return throwUnsupportedError()
    return this.#send(to, { kind: 'media', type: type as FileKind, mediaId })
  }
  override messageRecall = (messageId: string): Promise<boolean> => this.#line.recall(messageId)

  #key(): LineKey {
    const turn = this.#turns.getStore()
    if (!turn) return { answers: null, n: 0 }
    const n = turn.said
    turn.said += 1
    return { answers: turn.answers, n }
  }
  #send = (to: string, content: LineContent, key: LineKey = this.#key()): Promise<string> =>
    this.#line.send(to, content, key)
}

/** Starts Wechaty, with our puppet or a named one. Loaded only where the assistant talks: it is half a hundred megabytes. */
import { WechatyBuilder, log as wechatyLog } from 'wechaty'
import type { Log } from '../platform/log.ts'
import { type ConversationDeps, converse } from './conversation.ts'
import type { Line } from './puppet-wecom/line.ts'
import { KfPuppet } from './puppet-wecom/puppet.ts'

export interface Talking {
  /** Hands a stored message to the conversation; only our own puppet takes any. */
  deliver(messageId: string): void
  stop(): Promise<void>
}

export async function startTalking(
  name: string,
  line: Line,
  conversation: ConversationDeps,
  log: Log,
): Promise<Talking> {
  // It would write what people say to the terminal.
  wechatyLog.level('silent')
  const own = name === 'wecom' ? new KfPuppet(line) : null
  const wechaty = WechatyBuilder.build(own ? { puppet: own } : { puppet: name as never })
  wechaty.on('error', (error) => log.error({ err: error }, 'wechaty failed'))
  converse(wechaty, conversation)
  await wechaty.start()
  log.info({ puppet: name }, 'the assistant talks')
  return {
    deliver: (messageId) => own?.deliver(messageId),
    stop: () => wechaty.stop(),
  }
}

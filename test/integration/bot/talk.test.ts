/** A customer asks in the chat, through the real protocol: Wechaty, our puppet, stored messages in, the outbox out. */
import { expect, test } from 'vitest'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom' } })
const said = (n: number) => world.got(n, 'kf').map(({ text }) => text)

test('a question that an article answers is answered with its words, and whether it helped', async () => {
  await world.customer(1)
  await world.treatment(1, '2026-03-01 15:00', { code: 'ipl' })
  await world.chats(1, '做完光子嫩肤可以化妆吗？')
  const [answer, ...more] = said(1)
  expect(more).toEqual([])
  expect(answer).toContain('妆')
  expect(answer).toContain('不能代替医生诊断')
  expect(answer).toContain('有帮助')
})

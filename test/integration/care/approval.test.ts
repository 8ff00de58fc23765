/** Care guides that no doctor has approved: nothing of them reaches a customer, and what is sent without them reads well. */
import { expect, test } from 'vitest'
import { buildGuides, GuideFile } from '../../../src/care/index.ts'
import { careWorld } from './support.ts'

const day = (text: string) => ({ notice: text, brief: text, text })
const file = (status: 'needs_doctor' | 'approved', more = {}) =>
  GuideFile.parse({ version: 1, status, urgent: '剧烈疼痛', days: { 1: day('保湿') }, ...more })

test('a withheld guide is not replaced by the general one', () => {
  const files = new Map([
    ['own', file('needs_doctor', { codes: ['ipl'] })],
    ['general', file('approved')],
  ])
  const all = buildGuides(files)
  expect(all.find('ipl', 'laser', 1)).toMatchObject({ text: '保湿', urgent: '剧烈疼痛' })
  const book = buildGuides(files, { withhold: true })
  expect(book.find('ipl', 'laser', 1)).toBeNull()
  expect(book.find('rf', 'energy', 1)).toMatchObject({ text: '保湿' })
  expect(book.unapproved).toEqual(['own'])
})

test('without approval guidance stays unsent with its reason; greetings and calls go without it', async () => {
  const w = await careWorld({ withholdUnapproved: true })
  await w.to('2026-03-02 15:00')
  await w.customer(0)
  await w.chats(0)
  const id = await w.treatment(0, '2026-03-02 14:50', { code: 'hyaluronic_filler' })
  await w.work()
  const [greeting] = w.got(0, 'kf')
  expect(greeting?.text).toBe(
    `${greeting?.text.split('，')[0]}，您好！这里是华颜整形医院。感谢您的信任，您今天的玻尿酸填充已顺利完成，接下来的护理同样重要，请您留意。\n` +
      '有任何不适或疑问，可随时在这里留言，或致电021-60000001；紧急情况请拨打021-60000120。祝您恢复顺利！',
  )
  await w.to('2026-03-07 21:00')
  expect(await w.step(id, 'base.guidance_day5')).toMatchObject({ status: 'skipped', reason: 'not_approved' })
  const texts = w.got(0).map(({ text }) => text)
  expect(texts.filter((text) => /按压|冷敷|花斑|undefined|\{\{/.test(text))).toEqual([])
  expect(texts.length).toBeGreaterThanOrEqual(4)
})

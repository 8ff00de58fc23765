/** The quarterly revision as people meet it: one card of each keeper, done with a tap. */
import { expect, test } from 'vitest'
import { careWorld } from '../care/support.ts'

// A fortnight before the day on which most of what is shipped is to be looked at again.
const w = await careWorld({ start: '2027-05-17 09:00', customers: 2 })
interface Task {
  _id: string
  kind: string
  role: string
  ownerUserId: string
  status: string
  title: string
}
const tasks = () => w.collection<Task>('tasks').find({ kind: 'knowledge_revision' }).sort({ role: 1 }).toArray()

test('one card of each role that keeps articles, with how many there are; a tap is enough', async () => {
  await w.to('2027-05-17 09:20')
  const opened = await tasks()
  const roles = opened.map(({ role }) => role)
  expect(roles).toEqual(expect.arrayContaining(['doctor', 'nurse']))
  expect(new Set(roles).size).toBe(roles.length)
  for (const { ownerUserId, _id, title } of opened) {
    expect(title).toMatch(/^知识库2027年第2季度复核 · \d+ 条$/)
    const { card } = await w.task(_id)
    expect(JSON.stringify(w.staffGot(ownerUserId, 'card'))).toContain(title)
    await w.click(ownerUserId, card, 'done')
  }
  await w.to('2027-05-18 09:20')
  expect((await tasks()).map(({ status }) => status)).toEqual(roles.map(() => 'done'))
})

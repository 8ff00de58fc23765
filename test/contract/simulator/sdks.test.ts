/** What older and sloppier SDKs send, and the vendor takes. */
import { expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, token } = await simWorld()
const { ready, world } = simulator
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')
const act = (what: string, more: Json = {}) =>
  simulator.act({ as: 'customer', id: customer.personId, do: what, ...more })
act('add-contact', { userId: member.userId })

test('a base with a slash and a path with one', async () => {
  const query = new URLSearchParams({ corpid: ready.corpId, corpsecret: ready.agentSecret })
  const answer = await fetch(`${ready.wecomBase}//cgi-bin/gettoken?${query}`)
  expect(await answer.json()).toMatchObject({ errcode: 0, access_token: await token() })
})

test('the accounts asked for by GET', async () => {
  const accounts = { errcode: 0, account_list: [{ open_kfid: ready.openKfId, manage_privilege: true }] }
  expect(await wecom('/cgi-bin/kf/account/list')).toMatchObject(accounts)
  expect(await wecom('/cgi-bin/kf/account/list', { offset: 0, limit: 100 })).toMatchObject(accounts)
  expect(await wecom('/cgi-bin/kf/account/list', { offset: 1 })).toMatchObject({ errcode: 0, account_list: [] })
  expect((await wecom('/cgi-bin/kf/account/list', { offset: -1 })).errcode).toBe(40058)
})

test('messages pulled without naming an account', async () => {
  act('say', { text: '在吗' })
  const { msg_list } = await wecom('/cgi-bin/kf/sync_msg', { cursor: '' })
  expect(msg_list).toMatchObject([{ open_kfid: ready.openKfId, text: { content: '在吗' } }])
  expect((await wecom('/cgi-bin/kf/sync_msg', { open_kfid: 'wk-other' })).errcode).toBe(95004)
})

test('contacts of one member, not of a list', async () => {
  const batch = (body: Json) => wecom('/cgi-bin/externalcontact/batch/get_by_user', body)
  const found = { external_contact_list: [{ follow_info: { userid: member.userId } }], next_cursor: '' }
  expect(await batch({ userid: member.userId })).toMatchObject(found)
  expect(await batch({ userid_list: [member.userId], limit: '100' })).toMatchObject(found)
  expect((await batch({})).errcode).toBe(40058)
})

test('the apps listed, to try out a secret', async () => {
  expect(await wecom('/cgi-bin/agent/list')).toMatchObject({ agentlist: [{ agentid: ready.agentId }] })
})

test.each([
  ['/cgi-bin/user/list_id', {}],
  ['/cgi-bin/externalcontact/batch/get_by_user', { userid_list: [member.userId] }],
])('%s: a wrong limit or cursor is refused, not guessed at', async (path, body) => {
  for (const limit of [-1, 1.5, 'ten']) expect((await wecom(path, { ...body, limit })).errcode).toBe(40058)
  for (const cursor of ['-1', 'x', '1.5']) expect((await wecom(path, { ...body, cursor })).errcode).toBe(50100)
})

test('members page by page', async () => {
  const names: unknown[] = []
  let cursor = ''
  do {
    const page = await wecom('/cgi-bin/user/list_id', { limit: 5, cursor })
    names.push(...(page.dept_user as Json[]).map(({ userid }) => userid))
    cursor = String(page.next_cursor)
  } while (cursor)
  expect(names).toEqual(world.staff.map(({ userId }) => userId))
})

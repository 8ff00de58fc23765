/** Accounts of customer service, and who serves them. */
import { expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, control } = await simWorld()
const { ready, world } = simulator
const [customer] = world.customers
const nurse = world.staff.find(({ position }) => position === '护士')
const desk = world.staff.filter(({ position }) => position.startsWith('客服')).map(({ userId }) => userId)
if (!customer || !nurse) throw new Error('the world has people')
const kf = (path: string, body?: Json, query?: Record<string, string>) => wecom(`/cgi-bin/kf/${path}`, body, query)
const servicers = async (open_kfid = ready.openKfId) =>
  (await kf('servicer/list', undefined, { open_kfid })).servicer_list
const avatar = async () => {
  const form = new FormData()
  form.append('media', new Blob([Buffer.from('89504e470d0a1a0a00000000', 'hex')]), 'avatar.png')
  const { access_token } = await wecom('/cgi-bin/gettoken', undefined, {
    corpid: ready.corpId,
    corpsecret: ready.agentSecret,
  })
  const url = `${ready.wecomBase}/cgi-bin/media/upload?type=image&access_token=${String(access_token)}`
  return ((await (await fetch(url, { method: 'POST', body: form })).json()) as Json).media_id
}

test('an account is made, renamed, linked to and removed; nobody writes to it', async () => {
  const { errcode, open_kfid } = await kf('account/add', { name: '术后咨询', media_id: await avatar() })
  expect(errcode).toBe(0)
  expect((await kf('account/update', { open_kfid, name: '护理咨询' })).errcode).toBe(0)
  expect((await kf('account/list', {})).account_list).toMatchObject([
    { open_kfid: ready.openKfId },
    { open_kfid, name: '护理咨询' },
  ])
  expect((await kf('add_contact_way', { open_kfid, scene: 'visit' })).url).toContain(String(open_kfid))
  simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: '在吗' })
  expect(await kf('sync_msg', { open_kfid })).toMatchObject({ errcode: 0, has_more: 0, msg_list: [] })
  const about = { open_kfid, external_userid: customer.externalUserId }
  expect(await kf('service_state/get', about)).toMatchObject({ errcode: 0, service_state: 4 })
  expect((await kf('service_state/trans', { ...about, service_state: 1 })).errcode).toBe(95016)
  const said = { touser: customer.externalUserId, open_kfid, msgtype: 'text', text: { content: '您好' } }
  expect((await kf('send_msg', said)).errcode).toBe(95002)
  expect((await kf('account/del', { open_kfid })).errcode).toBe(0)
  for (const [path, body] of [
    ['account/del', { open_kfid }],
    ['account/update', { open_kfid, name: 'x' }],
    ['sync_msg', { open_kfid }],
    ['send_msg', said],
    ['servicer/add', { open_kfid, userid_list: [nurse.userId] }],
  ] as const)
    expect((await kf(path, body)).errcode, path).toBe(95004)
})

test('an account without a name, with too long a one, without a picture', async () => {
  const media_id = await avatar()
  expect((await kf('account/add', { name: '', media_id })).errcode).toBe(95006)
  expect((await kf('account/add', { name: '十七'.repeat(9), media_id })).errcode).toBe(95006)
  expect((await kf('account/add', { name: '咨询' })).errcode).toBe(41006)
  expect((await kf('account/update', { name: '咨询' })).errcode).toBe(60251)
})

test('servicers come and go, row by row; sessions go to servicers only', async () => {
  const open_kfid = ready.openKfId
  expect(await servicers()).toEqual(desk.map((userid) => ({ userid, status: 0 })))
  simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: '在吗' })
  const trans = { open_kfid, external_userid: customer.externalUserId, service_state: 3, servicer_userid: nurse.userId }
  expect((await kf('service_state/trans', trans)).errcode).toBe(60253)
  const added = await kf('servicer/add', {
    open_kfid,
    userid_list: [nurse.userId, desk[0], 'nobody'],
    department_id_list: [3, 99],
  })
  expect(added.result_list).toMatchObject([
    { userid: nurse.userId, errcode: 0, errmsg: 'success' },
    { userid: desk[0], errcode: 0, errmsg: 'ignored' },
    { userid: 'nobody', errcode: 60111 },
    { department_id: 3, errcode: 0, errmsg: 'success' },
    { department_id: 99, errcode: 60003 },
  ])
  const all = (await servicers()) as Json[]
  expect(all).toContainEqual({ userid: nurse.userId, status: 0 })
  expect(all.at(-1)).toEqual({ department_id: 3 })
  expect((await kf('service_state/trans', trans)).errcode).toBe(0)
  const gone = { open_kfid, userid_list: [nurse.userId, desk[0]], department_id_list: [3] }
  expect((await kf('servicer/del', gone)).result_list).toMatchObject([
    { errmsg: 'success' },
    { errmsg: 'success' },
    { department_id: 3, errmsg: 'success' },
  ])
  expect(await servicers()).toEqual(desk.slice(1).map((userid) => ({ userid, status: 0 })))
  expect((await kf('servicer/add', { open_kfid })).errcode).toBe(40058)
  await control('POST', 'member', { userId: nurse.userId, inScope: false })
  expect((await kf('servicer/add', { open_kfid, userid_list: [nurse.userId] })).result_list).toMatchObject([
    { errcode: 60030 },
  ])
})

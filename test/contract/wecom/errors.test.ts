/**
 * Every error that the vendors document for an API that our client asks, provoked over HTTP: what the client makes of it, and
 * how often it asked. Rows written by hand from the vendors' pages.
 */
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { isVendorError, massMessageBody, type VendorAction, welcomeBody } from '../../../src/wecom/index.ts'
import { clientWorld } from './support.ts'

const { client, simulator, control } = await clientWorld()

type Codes = Partial<Record<VendorAction, string>>
interface Row {
  path: string
  /** Whether the client asks again by itself on passing trouble. */
  repeats: boolean
  call: () => Promise<unknown>
  codes: Codes[]
}

const GENERAL: Codes = {
  retry: '-1 6000 45033 45035',
  refresh: '40014 42001',
  wait: '45009',
  stop: '41001',
  person: '48001 48002 50003 60020',
}
const EXTERNAL: Codes = { person: '60011 60021 84074 701008', stop: '40096 41035 60111 84061' }
const TRANSFER: Codes = {
  settled: '40100 40129',
  person: '40098 40143 41054',
  stop: '40097 40099 40128 40130 40131 40058',
}

const at = new Date('2026-03-02T01:00:00Z')
const file = {
  fileName: 'a.png',
  contentType: 'image/png',
  size: 8,
  open: () => Readable.from([Buffer.alloc(8)]),
}
const way = {
  scene: 'qr_code',
  userIds: ['a'],
  departmentIds: [],
  state: '',
  remark: '',
  skipVerify: true,
} as const
const pair = { fromUserId: 'a', toUserId: 'b', externalUserIds: ['w'] }
const row = (path: string, repeats: boolean, call: () => Promise<unknown>, ...codes: Codes[]): Row => ({
  path: `/cgi-bin/${path}`,
  repeats,
  call,
  codes: [GENERAL, ...codes],
})
const external = (path: string, repeats: boolean, call: () => Promise<unknown>, ...codes: Codes[]): Row =>
  row(`externalcontact/${path}`, repeats, call, EXTERNAL, ...codes)

const ROWS: Row[] = [
  row('user/list', true, () => client.users(1), { person: '48009 60011', stop: '60003 60123' }),
  row('user/get', true, () => client.user('a'), { person: '48009 60011', stop: '40003 41009 60111' }),
  row('department/list', true, () => client.departments(), { person: '48009 60011', stop: '60003 60123' }),
  row('message/send', false, () => client.sendMessage('{}'), {
    stop: '40003 40007 40008 40031 40032 40033 40035 40058 40145 41006 41011 41016 41033 42014 42020 42031 42033 42038',
    person: '40056 43012 81011 90206 301002',
  }),
  row('message/update_template_card', false, () => client.updateTemplateCard('{}'), {
    settled: '60140',
    stop: '40032 42014 42015 42016 42018 42019 42020',
  }),
  row('message/recall', false, () => client.recall('m'), { stop: '42052' }),

  external('get_follow_user_list', true, () => client.followUsers()),
  external('list', true, () => client.externalContactIds('a')),
  external('get', true, () => client.externalContact('w'), { stop: '50100' }),
  external('batch/get_by_user', true, () => client.externalContactsByUsers(['a']), { stop: '40058 50100 60268' }),
  external('remark', true, () => client.setRemark({ userId: 'a', externalUserId: 'w', remark: 'x' }), {
    stop: '40007 40058',
  }),
  external('get_corp_tag_list', true, () => client.corpTags(), { stop: '40068' }),
  external('add_corp_tag', false, () => client.addCorpTags({ group: { name: 'g' }, tags: [{ name: 't' }] }), {
    stop: '40063 40068 40071 40072',
    person: '40126',
  }),
  external('edit_corp_tag', true, () => client.editCorpTag({ id: 't', name: 'n' }), { stop: '40068 40071 40072' }),
  external('del_corp_tag', false, () => client.removeCorpTags({ tagIds: ['t'] }), { stop: '40063 40068' }),
  external('mark_tag', true, () => client.markTags({ userId: 'a', externalUserId: 'w', add: ['t'] }), {
    stop: '40063 40068 40144',
  }),
  external('add_contact_way', false, () => client.addContactWay(way), {
    stop: '41037 41038 41039 41040 41041 41042 41056',
    person: '40098 41045 41054 41057',
  }),
  external('get_contact_way', true, () => client.contactWay('c'), { stop: '41043 41044' }),
  external('update_contact_way', true, () => client.updateContactWay('c', way), { stop: '41041 41043 41044' }),
  external('del_contact_way', false, () => client.removeContactWay('c'), { stop: '41043 41044' }),
  external('list_contact_way', true, () => client.contactWayIds(), { stop: '40058 50100' }),
  external('send_welcome_msg', false, () => client.sendWelcome(welcomeBody({ code: 'c', text: 't' })), {
    retry: '41096',
    stop: '40007 41049 41050 41051 41064 41065 41080 41081 41082 41088 41090 45002 82004',
    person: '90206',
  }),
  external('add_msg_template', false, () => client.addMassMessage(massMessageBody({ sender: 'a', text: 't' })), {
    stop: '40068 41048 41064 41065 41088 45002 81017 86214',
  }),
  external('remind_groupmsg_send', false, () => client.remindMassMessage('m'), {
    stop: '41046 41047',
    settled: '41093',
    wait: '41094',
  }),
  external('cancel_groupmsg_send', false, () => client.cancelMassMessage('m'), {
    stop: '41046 41047',
    settled: '41093',
  }),
  external('get_groupmsg_list_v2', true, () => client.massMessages({ from: at, to: at }), {
    retry: '41063',
    stop: '40058 86214',
  }),
  external('get_groupmsg_task', true, () => client.massMessageTasks('m'), { stop: '41046 41047' }),
  external('get_groupmsg_send_result', true, () => client.massMessageResults({ msgid: 'm', userId: 'a' }), {
    stop: '41046 41047',
  }),
  external('transfer_customer', false, () => client.transferCustomers({ ...pair, hasLeft: false }), TRANSFER),
  external('transfer_result', true, () => client.transferResults({ ...pair, hasLeft: false }), { stop: '50100' }),
  external('resigned/transfer_customer', false, () => client.transferCustomers({ ...pair, hasLeft: true }), TRANSFER),
  external('resigned/transfer_result', true, () => client.transferResults({ ...pair, hasLeft: true }), {
    stop: '40097 50100',
  }),
  external('get_unassigned_list', true, () => client.unassignedCustomers(), { stop: '50100' }),

  row('media/upload', false, () => client.uploadMedia('image', file), {
    stop: '40004 40005 40006 40009 40011 40123 44001 45001 45007 301016 301017',
  }),
  row('media/uploadimg', false, () => client.uploadImage(file), { stop: '40004 40006 40009 44001' }),
  row('media/get', true, () => client.downloadMedia('m'), { stop: '40007 40145 40146 41006 830002' }),
  row('auth/getuserinfo', true, () => client.signedIn('c'), { person: '50001 50002' }),
  row('auth/getuserdetail', true, () => client.privateDetails('t')),

  row('kf/account/list', true, () => client.kfAccounts(), { person: '95011 95012 95017' }),
  row('kf/sync_msg', true, () => client.kfSyncMsg({ openKfId: 'k', cursor: null, token: null }), {
    stop: '50100 95007',
    person: '95000 95004 95017',
  }),
  row('kf/send_msg', false, () => client.kfSendMsg('{}'), {
    settled: '95033',
    stop: '40007 40096 44004 45002 95001 95002 95008 95009 95013 95016 95018 95030 95031',
    person: '48007 60251 60252 95000 95004 95017',
  }),
  row('kf/send_msg_on_event', false, () => client.kfSendMsgOnEvent('{}'), {
    settled: '95033',
    stop: '40058 95008 95018',
  }),
  row('kf/service_state/get', true, () => client.kfServiceState('k', 'w'), { stop: '40096', person: '95000 95004' }),
  row(
    'kf/service_state/trans',
    false,
    () => client.kfTransServiceState({ openKfId: 'k', externalUserId: 'w', state: 1 }),
    { stop: '95013 95014 95016 95019 95020', person: '60030 60253' },
  ),
  row('kf/customer/batchget', true, () => client.kfCustomers(['w']), { stop: '40096', person: '95003' }),
]

const TRIES = 3
/** So often the vendor is asked before the error comes out. */
const timesOf = (action: string, repeats: boolean) =>
  action === 'refresh' ? 2 : action === 'retry' && repeats ? TRIES : 1

// Faults are by path, so the paths don't meet; the pauses between tries do, and need not be waited for one by one.
describe.concurrent('every documented error', () => {
  test.each(ROWS.map((one) => [one.path, one] as const))('%s', async (path, { repeats, call, codes }) => {
    let asked = 0
    const stop = simulator.tap(({ stage, path: at }) => {
      if (stage === 'received' && at === path) asked += 1
    })
    for (const [action, list] of codes.flatMap((one) => Object.entries(one)))
      for (const errcode of list.split(' ').map(Number)) {
        const times = timesOf(action, repeats)
        await control('POST', 'faults', { path, errcode, times })
        asked = 0
        const error = await call().then(
          () => null,
          (thrown: unknown) => thrown,
        )
        const seen = isVendorError(error)
          ? [error.errcode, error.action, error.executed, error.path, asked]
          : [errcode, error]
        expect(seen).toEqual([errcode, action, 'no', path, times])
      }
    stop()
  })
})

/** A vendor may leave a unionid out, or leave it empty: neither is an identity, or all strangers would be one person. */
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { externalContactsApi } from '../../../src/wecom/apis/external-contacts.ts'
import { kfApi } from '../../../src/wecom/apis/kf.ts'
import type { Ask } from '../../../src/wecom/ask.ts'

const answering = (answer: unknown) => ({ again: async (schema: z.ZodType) => schema.parse(answer) }) as unknown as Ask

test.each([
  ['left out', {}, null],
  ['empty', { unionid: '' }, null],
  ['told', { unionid: 'o1' }, 'o1'],
])('%s', async (_, more, unionId) => {
  const external_contact = { external_userid: 'wm1', ...more }
  const one = externalContactsApi(answering({ external_contact, follow_user: [] }))
  expect((await one.externalContact('wm1')).unionId).toBe(unionId)
  const page = { external_contact_list: [{ external_contact, follow_info: { userid: 'lin' } }] }
  const [listed] = (await externalContactsApi(answering(page)).externalContactsByUsers(['lin'])).contacts
  expect(listed?.unionId).toBe(unionId)
  const [visitor] = await kfApi(answering({ customer_list: [external_contact] })).kfCustomers(['wm1'])
  expect(visitor?.unionId).toBe(unionId)
})

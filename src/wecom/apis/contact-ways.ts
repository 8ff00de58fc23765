/** Ways to become a customer's contact (联系我, wecom.md 4.3): a code or plug-in whose `state` says where the customer came from. */
import { z } from 'zod'
import { unixSeconds } from '../../platform/clock.ts'
import { type Ask, Done, NextCursor, NumberLike } from '../ask.ts'

export interface ContactWay {
  scene: 'qr_code' | 'mini_program'
  /** One member alone makes a way to that member; several, or departments, share what comes (≤ 100 people in all). */
  userIds: readonly string[]
  departmentIds: readonly number[]
  /** ≤ 30 characters; comes back in the event of the new contact and with its follower. */
  state: string
  /** ≤ 30 characters, for staff. */
  remark: string
  /** Whether the customer is a contact at once, without the member's consent. */
  skipVerify: boolean
}
export interface KnownContactWay extends ContactWay {
  configId: string
  /** Address of the picture; null for a mini-program's plug-in. */
  qrCodeUrl: string | null
}

export interface ContactWaysApi {
  /** A repeat makes a second way: keep the id. @throws VendorError 41041 too many people, 41054/40098/84074 a member who can't have customers, 41045 all are used up */
  addContactWay(way: ContactWay): Promise<{ configId: string; qrCodeUrl: string | null }>
  /** @throws VendorError 41044: no such way */
  contactWay(configId: string): Promise<KnownContactWay>
  /** Overwrites all but the scene and whether it leads to one member or several; the code stays the same. */
  updateContactWay(configId: string, way: ContactWay): Promise<void>
  removeContactWay(configId: string): Promise<void>
  /** A page of the ways made between two instants (default: the last 90 days), at most 1000. */
  contactWayIds(input?: {
    from?: Date
    to?: Date
    cursor?: string | null
    limit?: number
  }): Promise<{ configIds: string[]; nextCursor: string | null }>
}

const SCENES = { mini_program: 1, qr_code: 2 } as const
const ONE_MEMBER = 1
const SEVERAL = 2

const Added = z.object({ config_id: z.string().min(1), qr_code: z.string().default('') })
const Way = z.object({
  contact_way: z.object({
    config_id: z.string(),
    scene: NumberLike,
    user: z.array(z.string()).default([]),
    party: z.array(z.number()).default([]),
    state: z.string().default(''),
    remark: z.string().default(''),
    skip_verify: z.boolean().default(true),
    qr_code: z.string().default(''),
  }),
})
const Ways = z.object({
  contact_way: z.array(z.object({ config_id: z.string() })).default([]),
  next_cursor: NextCursor,
})

function wayBody({ scene, userIds, departmentIds, state, remark, skipVerify }: ContactWay) {
  const isOne = userIds.length === 1 && departmentIds.length === 0
  return {
    type: isOne ? ONE_MEMBER : SEVERAL,
    scene: SCENES[scene],
    ...(scene === 'mini_program' ? { style: 1 } : {}),
    user: userIds,
    ...(isOne ? {} : { party: departmentIds }),
    state,
    remark,
    skip_verify: skipVerify,
  }
}

export const contactWaysApi = (ask: Ask): ContactWaysApi => ({
  async addContactWay(way) {
    const { config_id, qr_code } = await ask.once(Added, '/cgi-bin/externalcontact/add_contact_way', wayBody(way))
    return { configId: config_id, qrCodeUrl: qr_code || null }
  },
  async contactWay(configId) {
    const body = { config_id: configId }
    const { contact_way } = await ask.again(Way, '/cgi-bin/externalcontact/get_contact_way', { body })
    return {
      configId: contact_way.config_id,
      scene: contact_way.scene === SCENES.mini_program ? 'mini_program' : 'qr_code',
      userIds: contact_way.user.map((one) => one.toLowerCase()),
      departmentIds: contact_way.party,
      state: contact_way.state,
      remark: contact_way.remark,
      skipVerify: contact_way.skip_verify,
      qrCodeUrl: contact_way.qr_code || null,
    }
  },
  async updateContactWay(configId, way) {
    const body = { config_id: configId, ...wayBody(way) }
    await ask.again(Done, '/cgi-bin/externalcontact/update_contact_way', { body })
  },
  async removeContactWay(configId) {
    await ask.once(Done, '/cgi-bin/externalcontact/del_contact_way', { config_id: configId })
  },
  async contactWayIds({ from, to, cursor, limit = 1_000 } = {}) {
    const body = {
      ...(from ? { start_time: unixSeconds(from) } : {}),
      ...(to ? { end_time: unixSeconds(to) } : {}),
      ...(cursor ? { cursor } : {}),
      limit,
    }
    const answer = await ask.again(Ways, '/cgi-bin/externalcontact/list_contact_way', { body })
    return { configIds: answer.contact_way.map(({ config_id }) => config_id), nextCursor: answer.next_cursor }
  },
})

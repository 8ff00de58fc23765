/** The corp's tags for customers (企业标签, wecom.md 4.2). */
import { z } from 'zod'
import { type Ask, Done, NumberLike } from '../ask.ts'

export interface CorpTag {
  tagId: string
  name: string
  /** Larger comes first. */
  order: number
}
export interface CorpTagGroup {
  groupId: string
  name: string
  order: number
  tags: CorpTag[]
}

export interface CorpTagsApi {
  /** All of them, or those of the named groups or tags; what was deleted is left out. */
  corpTags(only?: { groupIds?: readonly string[]; tagIds?: readonly string[] }): Promise<CorpTagGroup[]>
  /**
   * Adds tags to a group, which is made if none has that name. Answers the group with the new tags only.
   *
   * @throws VendorError 40071: a tag of that name is there, so a repeat adds nothing; 40126: 10 000 tags
   */
  addCorpTags(input: {
    group: { id: string } | { name: string; order?: number }
    tags: readonly { name: string; order?: number }[]
  }): Promise<CorpTagGroup>
  /** Of a tag or a group. */
  editCorpTag(input: { id: string; name?: string; order?: number }): Promise<void>
  /** The last tag takes its group along. @throws VendorError 40068: gone already */
  removeCorpTags(which: { groupIds?: readonly string[]; tagIds?: readonly string[] }): Promise<void>
  /** Puts tags on a member's customer and takes others off; a repeat changes nothing. @throws VendorError 84061, 40068, 40144 too many */
  markTags(input: {
    userId: string
    externalUserId: string
    add?: readonly string[]
    remove?: readonly string[]
  }): Promise<void>
}

const Tag = z.object({
  id: z.string(),
  name: z.string(),
  order: NumberLike.default(0),
  deleted: z.boolean().default(false),
})
const Group = z.object({
  group_id: z.string(),
  group_name: z.string(),
  order: NumberLike.default(0),
  deleted: z.boolean().default(false),
  tag: z.array(Tag).default([]),
})
const Groups = z.object({ tag_group: z.array(Group).default([]) })

const group = ({ group_id, group_name, order, tag }: z.output<typeof Group>): CorpTagGroup => ({
  groupId: group_id,
  name: group_name,
  order,
  tags: tag.filter(({ deleted }) => !deleted).map(({ id, name, order: place }) => ({ tagId: id, name, order: place })),
})

export const corpTagsApi = (ask: Ask): CorpTagsApi => ({
  async corpTags({ groupIds = [], tagIds = [] } = {}) {
    const body = { group_id: groupIds, tag_id: tagIds }
    const { tag_group } = await ask.again(Groups, '/cgi-bin/externalcontact/get_corp_tag_list', { body })
    return tag_group.filter(({ deleted }) => !deleted).map(group)
  },
  async addCorpTags({ group: into, tags }) {
    const body = {
      ...('id' in into ? { group_id: into.id } : { group_name: into.name, order: into.order }),
      tag: tags,
    }
    const schema = z.object({ tag_group: Group })
    return group((await ask.once(schema, '/cgi-bin/externalcontact/add_corp_tag', body)).tag_group)
  },
  async editCorpTag(change) {
    await ask.again(Done, '/cgi-bin/externalcontact/edit_corp_tag', { body: change })
  },
  async removeCorpTags({ groupIds, tagIds }) {
    await ask.once(Done, '/cgi-bin/externalcontact/del_corp_tag', { group_id: groupIds, tag_id: tagIds })
  },
  async markTags({ userId, externalUserId, add = [], remove = [] }) {
    // The vendor refuses a call that changes nothing.
    if (add.length === 0 && remove.length === 0) return
    await ask.again(Done, '/cgi-bin/externalcontact/mark_tag', {
      body: { userid: userId, external_userid: externalUserId, add_tag: add, remove_tag: remove },
    })
  },
})

/** The APIs of customer tags. What they change is told by no event. */
import type { CorpTags, Tag, TagGroup } from './corp-tags.ts'
import { followed } from './external.ts'
import { type Api, ApiError, list, record, text, whole } from './types.ts'

const common = { method: 'POST', auth: 'wecom', permission: 'external' } as const

/** Larger first. */
const byOrder = <T extends Tag | TagGroup>(rows: Iterable<T>): T[] => [...rows].sort((a, b) => b.order - a.order)
const tagView = ({ id, name, createdAt, order }: Tag) => ({ id, name, create_time: createdAt, order })
const groupView = ({ id, name, createdAt, order }: TagGroup, tags: readonly Tag[]) => ({
  group_id: id,
  group_name: name,
  create_time: createdAt,
  order,
  tag: tags.map(tagView),
})

/** Ids of tags, each of which exists. @throws ApiError 40068 */
export function knownTags(tags: CorpTags, ids: unknown): string[] {
  return list(ids).map((id) => {
    if (!tags.tag(text(id))) throw new ApiError(40068, 'invalid tagid')
    return text(id)
  })
}

export const tagApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/externalcontact/get_corp_tag_list',
    mayBeEmpty: true,
    handle({ body }, { tags }) {
      const [tagIds, groupIds] = [list(body.tag_id).map(text), list(body.group_id).map(text)]
      const isWanted = (tag: Tag) =>
        groupIds.length > 0 ? groupIds.includes(tag.group.id) : tagIds.length === 0 || tagIds.includes(tag.id)
      const groups = byOrder(tags.groups()).map((group) => {
        const within = byOrder(group.tags.values()).filter(isWanted)
        return { within, view: groupView(group, within) }
      })
      const isAll = tagIds.length + groupIds.length === 0
      return { tag_group: groups.filter(({ within }) => isAll || within.length > 0).map(({ view }) => view) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/add_corp_tag',
    handle({ body }, { tags, clock }) {
      const wanted = list(body.tag).map((one) => ({ name: text(record(one).name), order: whole(record(one).order, 0) }))
      if (wanted.length === 0) throw new ApiError(40063, 'empty parameter: tag')
      const groupId = text(body.group_id)
      const where = groupId ? { groupId } : { groupName: text(body.group_name), order: whole(body.order, 0) }
      const { group, tags: added } = tags.add(where, wanted, clock.now())
      return { tag_group: groupView(group, added) }
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/edit_corp_tag',
    handle({ body }, { tags }) {
      const change = {
        name: body.name === undefined ? null : text(body.name),
        order: body.order === undefined ? null : whole(body.order, 0),
      }
      tags.edit(text(body.id), change)
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/del_corp_tag',
    handle({ body }, { tags }) {
      const ids = [...list(body.tag_id), ...list(body.group_id)].map(text)
      if (ids.length === 0) throw new ApiError(40063, 'empty parameter: tag_id')
      for (const id of ids) if (!tags.tag(id) && !tags.group(id)) throw new ApiError(40068, 'invalid tagid')
      // A tag of a group that is named, too, has gone with it.
      for (const id of ids) if (tags.tag(id) || tags.group(id)) tags.remove(id)
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/externalcontact/mark_tag',
    handle({ body }, context) {
      const { contact } = followed(context.world, body)
      const [added, removed] = [knownTags(context.tags, body.add_tag), knownTags(context.tags, body.remove_tag)]
      if (added.length + removed.length === 0) throw new ApiError(40063, 'empty parameter: add_tag')
      contact.tagIds ??= new Set()
      for (const id of removed) contact.tagIds.delete(id)
      for (const id of added) contact.tagIds.add(id)
      return {}
    },
  },
]

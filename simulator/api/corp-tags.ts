/** The corp's customer tags: groups of tags, which members put on their customers. */
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import { ApiError } from './values.ts'

const TAGS_PER_CORP = 10_000
const NAME_CHARS = 30

export interface Tag {
  id: string
  name: string
  createdAt: number
  order: number
  group: TagGroup
}
export interface TagGroup {
  id: string
  name: string
  createdAt: number
  order: number
  tags: Map<string, Tag>
}
export interface NewTag {
  name: string
  order: number
}

export interface CorpTags {
  groups(): readonly TagGroup[]
  group(id: string): TagGroup | undefined
  tag(id: string): Tag | undefined
  /** Adds tags to the group of this id or name, which is made where there is none. @throws ApiError 40068, 40071, 40072, 40126 */
  add(
    where: { groupId: string } | { groupName: string; order: number },
    tags: readonly NewTag[],
    now: Date,
  ): { group: TagGroup; tags: Tag[]; isNew: boolean }
  /** A tag or a group. @throws ApiError 40068, 40071, 40072 */
  edit(id: string, change: { name: string | null; order: number | null }): void
  /** A tag or a group with its tags; a group without tags goes, too. @throws ApiError 40068 */
  remove(id: string): void
}

export function createCorpTags(seed: number): CorpTags {
  const groups = new Map<string, TagGroup>()
  const tags = new Map<string, Tag>()
  const counters = createCounters(seed)
  const idOf = (what: string, name: string) => `et${opaque(30, seed, what, name, counters.next(what, name))}`

  const unknown = () => new ApiError(40068, 'invalid tagid')
  function checkName(name: string): void {
    if (!name) throw new ApiError(40063, 'empty parameter: name')
    if ([...name].length > NAME_CHARS) throw new ApiError(40072, 'tag name length out of limit')
  }
  const checkFree = (taken: Iterable<{ id: string; name: string }>, name: string, self = '') => {
    for (const one of taken) if (one.name === name && one.id !== self) throw new ApiError(40071, 'tag name exists')
  }

  return {
    groups: () => [...groups.values()],
    group: (id) => groups.get(id),
    tag: (id) => tags.get(id),
    add(where, wanted, now) {
      const known =
        'groupId' in where
          ? groups.get(where.groupId)
          : [...groups.values()].find(({ name }) => name === where.groupName)
      if (!known && 'groupId' in where) throw unknown()
      for (const [i, { name }] of wanted.entries()) {
        checkName(name)
        checkFree(known?.tags.values() ?? [], name)
        if (wanted.findIndex((one) => one.name === name) < i) throw new ApiError(40071, 'tag name exists')
      }
      if (tags.size + wanted.length > TAGS_PER_CORP) throw new ApiError(40126, 'too many corp tags')
      const createdAt = Math.floor(now.getTime() / 1000)
      const group = known ?? makeGroup(where, createdAt)
      const added = wanted.map(({ name, order }) => {
        const tag = { id: idOf('tag', `${group.id} ${name}`), name, createdAt, order, group }
        group.tags.set(tag.id, tag)
        tags.set(tag.id, tag)
        return tag
      })
      return { group, tags: added, isNew: !known }
    },
    edit(id, { name, order }) {
      const one = tags.get(id) ?? groups.get(id)
      if (!one) throw unknown()
      if (name !== null) {
        checkName(name)
        checkFree('group' in one ? one.group.tags.values() : groups.values(), name, id)
        one.name = name
      }
      if (order !== null) one.order = order
    },
    remove(id) {
      const group = groups.get(id)
      const tag = tags.get(id)
      if (!group && !tag) throw unknown()
      for (const gone of group ? group.tags.keys() : [id]) tags.delete(gone)
      tag?.group.tags.delete(id)
      if (group || tag?.group.tags.size === 0) groups.delete(group?.id ?? tag?.group.id ?? '')
    },
  }

  function makeGroup(where: { groupId: string } | { groupName: string; order: number }, createdAt: number): TagGroup {
    const { groupName, order } = 'groupName' in where ? where : { groupName: '', order: 0 }
    checkName(groupName)
    const group: TagGroup = { id: idOf('tag group', groupName), name: groupName, createdAt, order, tags: new Map() }
    groups.set(group.id, group)
    return group
  }
}

/** What an administrator, who is a member of staff, does in the console: the directory and the customer tags. Events tell of it. */
import { type Act, ActError, required } from './act.ts'
import type { Tag, TagGroup } from './api/corp-tags.ts'
import { ApiError, list, type SimContext, text, whole } from './api/types.ts'
import { type Department, hire, type Staff } from './state.ts'

type Acts = Record<string, (staff: Staff, act: Act) => Record<string, unknown>>

export function adminActs(context: SimContext): Acts {
  const { world, clock, callbacks, tags } = context
  const sys = { FromUserName: 'sys', MsgType: 'event' }
  const directory = (about: string, ChangeType: string, fields: Record<string, unknown>) =>
    callbacks.wecom(`directory ${about}`, { ...sys, Event: 'change_contact', ChangeType, ...fields })
  const tagEvent = (ChangeType: string, fields: Record<string, unknown>) =>
    callbacks.wecom('tags corp', { ...sys, Event: 'change_external_tag', ChangeType, ...fields })
  const kindOf = (one: Tag | TagGroup) => ({ Id: one.id, TagType: 'group' in one ? 'tag' : 'tag_group' })

  function departmentOf(id: unknown): Department {
    const found = world.departments.find((one) => one.id === id)
    if (!found) throw new ActError(404, 'no_such_department', `no department ${String(id)}`)
    return found
  }
  function tagOf(id: unknown): Tag | TagGroup {
    const found = tags.tag(text(id)) ?? tags.group(text(id))
    if (!found) throw new ActError(404, 'no_such_tag', 'no such tag')
    return found
  }
  /** What the tags' own rules refuse is no act either. */
  function byRules<T>(change: () => T): T {
    try {
      return change()
    } catch (error) {
      if (error instanceof ApiError) throw new ActError(409, 'tag_refused', error.message)
      throw error
    }
  }

  return {
    hire(_, act) {
      const { id } = departmentOf(act.departmentId)
      const { personId, userId } = hire(world, required(act, 'position'), id)
      directory(personId, 'create_user', { UserID: userId, Department: String(id) })
      return { personId, userId }
    },
    /** Goes to another department, or by another userid. */
    'edit-member'(staff, act) {
      const next = text(act.newUserId)
      if (next && world.byUserId.has(next.toLowerCase()))
        throw new ActError(409, 'user_exists', 'this userid is somebody’s already')
      if (act.departmentId !== undefined) staff.departmentId = departmentOf(act.departmentId).id
      const { userId } = staff
      if (next) renameMember(context, staff, next)
      directory(staff.personId, 'update_user', {
        UserID: userId,
        ...(next ? { NewUserID: next } : {}),
        Department: String(staff.departmentId),
      })
      return {}
    },
    'add-department'(_, act) {
      const parentid = departmentOf(act.parentId ?? 1).id
      const id = Math.max(...world.departments.map((one) => one.id)) + 1
      const department = { id, name: required(act, 'name'), parentid, order: whole(act.order, 0) }
      world.departments = [...world.departments, department]
      const { name, order } = department
      directory(`department ${id}`, 'create_party', { Id: id, Name: name, ParentId: parentid, Order: order })
      return { id }
    },
    'edit-department'(_, act) {
      const department = departmentOf(act.departmentId)
      const changed = { ...department, name: required(act, 'name') }
      world.departments = world.departments.map((one) => (one === department ? changed : one))
      directory(`department ${changed.id}`, 'update_party', { Id: changed.id, Name: changed.name })
      return {}
    },
    'delete-department'(_, act) {
      const department = departmentOf(act.departmentId)
      const isUsed =
        world.departments.some(({ parentid }) => parentid === department.id) ||
        world.staff.some(({ departmentId, resigned }) => !resigned && departmentId === department.id)
      if (isUsed) throw new ActError(409, 'department_used', 'there are members or departments in it')
      world.departments = world.departments.filter((one) => one !== department)
      directory(`department ${department.id}`, 'delete_party', { Id: department.id })
      return {}
    },
    /** Members put into a tag of the directory, or taken out of it. */
    'edit-member-tag'(_, act) {
      const items = (field: string) => list(act[field]).map(text).join(',')
      directory(`tag ${required(act, 'tagId')}`, 'update_tag', {
        TagId: required(act, 'tagId'),
        ...Object.fromEntries(
          [
            ['AddUserItems', items('addUsers')],
            ['DelUserItems', items('delUsers')],
            ['AddPartyItems', items('addDepartments')],
            ['DelPartyItems', items('delDepartments')],
          ].filter(([, value]) => value),
        ),
      })
      return {}
    },
    'add-tag'(_, act) {
      const where = { groupName: required(act, 'group'), order: 0 }
      const wanted = [{ name: required(act, 'name'), order: 0 }]
      const { group, tags: added, isNew } = byRules(() => tags.add(where, wanted, clock.now()))
      if (isNew) tagEvent('create', kindOf(group))
      for (const tag of added) tagEvent('create', kindOf(tag))
      return { groupId: group.id, tagId: added[0]?.id }
    },
    'rename-tag'(_, act) {
      const one = tagOf(act.tagId)
      byRules(() => tags.edit(one.id, { name: required(act, 'name'), order: null }))
      tagEvent('update', kindOf(one))
      return {}
    },
    /** Deleting a group is one event, none for each of its tags. */
    'delete-tag'(_, act) {
      const one = tagOf(act.tagId)
      tags.remove(one.id)
      tagEvent('delete', kindOf(one))
      return {}
    },
    'shuffle-tags'(_, act) {
      tagEvent('shuffle', { Id: act.tagId === undefined ? '' : tagOf(act.tagId).id })
      return {}
    },
  }
}

/** Everything that knows a member by userid goes by the new one. */
function renameMember({ world }: SimContext, staff: Staff, next: string): void {
  const { userId } = staff
  world.byUserId.delete(userId.toLowerCase())
  staff.userId = next
  world.byUserId.set(next.toLowerCase(), staff)
  for (const customer of world.friends.get(userId) ?? []) {
    const contact = customer.contacts.get(userId)
    customer.contacts.delete(userId)
    if (contact) customer.contacts.set(next, contact)
  }
  world.friends.set(next, world.friends.get(userId) ?? [])
  world.friends.delete(userId)
}

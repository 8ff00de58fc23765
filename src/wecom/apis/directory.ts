/** The corp's directory (wecom.md 8.1): who works where, as far as the app may see it. */
import { z } from 'zod'
import type { Ask } from '../ask.ts'

export interface DirectoryUser {
  userId: string
  name: string
  departmentIds: number[]
  position: string
  status: 'active' | 'disabled' | 'inactive' | 'left'
}
export interface Department {
  id: number
  name: string
  parentId: number
}

export interface DirectoryApi {
  users(departmentId: number): Promise<DirectoryUser[]>
  /** @throws VendorError 60111 nobody of that id, 60011 not visible to the app */
  user(userId: string): Promise<DirectoryUser>
  departments(): Promise<Department[]>
}

const User = z.object({
  userid: z.string(),
  name: z.string().default(''),
  department: z.array(z.number()).default([]),
  position: z.string().default(''),
  status: z.number().default(1),
})
const Users = z.object({ userlist: z.array(User).default([]) })
const Departments = z.object({
  department: z
    .array(z.object({ id: z.number(), name: z.string().default(''), parentid: z.number().default(0) }))
    .default([]),
})
const STATUS = { 1: 'active', 2: 'disabled', 4: 'inactive', 5: 'left' } as const

const member = ({ userid, name, department, position, status }: z.output<typeof User>): DirectoryUser => ({
  userId: userid.toLowerCase(),
  name,
  departmentIds: department,
  position,
  status: STATUS[status as keyof typeof STATUS] ?? 'inactive',
})

export const directoryApi = (ask: Ask): DirectoryApi => ({
  async users(departmentId) {
    const query = { department_id: String(departmentId) }
    return (await ask.again(Users, '/cgi-bin/user/list', { query })).userlist.map(member)
  },
  user: async (userId) => member(await ask.again(User, '/cgi-bin/user/get', { query: { userid: userId } })),
  async departments() {
    const { department } = await ask.again(Departments, '/cgi-bin/department/list')
    return department.map(({ id, name, parentid }) => ({ id, name, parentId: parentid }))
  },
})

/** What customers ask about their own data becomes the store manager's task. */

import type { CustomersService } from '../customers/index.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { firstChars } from '../platform/text.ts'
import { ANSWER_DAYS, type AskStaff } from '../privacy/index.ts'
import type { StaffService } from '../staff/index.ts'
import type { TasksService } from '../tasks/index.ts'

/** People look at it within so many days. */
const TASK_DAYS = 3
const SCRIPT_SIGNS = 150
const TITLES: Record<Parameters<AskStaff>[0]['kind'], string> = {
  correction: '客户申请更正个人信息',
  erasure: '客户申请删除个人信息',
  copy: '客户申请个人信息副本',
}

export interface DataRequestDeps {
  tasks: Pick<TasksService, 'open'>
  customers: Pick<CustomersService, 'get'>
  staff: Pick<StaffService, 'allStores'>
}

/** One task per request. */
export const askStaffWith =
  ({ tasks, customers, staff }: DataRequestDeps): AskStaff =>
  async ({ id, customerId, kind, words, at }) => {
    const [own] = (await customers.get(customerId))?.storeIds ?? []
    // Whoever belongs to no store yet is asked after by the first one.
    const storeId = own ?? (await staff.allStores())[0]?.id ?? ''
    await tasks.open([
      {
        id: `privacy_${id}`,
        kind: 'data_request',
        form: 'confirm',
        storeId,
        role: 'store_manager',
        preferredUserIds: [],
        customerId,
        treatmentId: null,
        stepIds: [],
        title: TITLES[kind],
        facts: [{ name: '答复期限', value: `${ANSWER_DAYS} 天内` }],
        script: firstChars(`请核对客户身份后办理，并告知客户结果。客户原话：${words}`, SCRIPT_SIGNS),
        openAt: at,
        dueAt: addMs(at, TASK_DAYS * DAY_MS),
      },
    ])
  }

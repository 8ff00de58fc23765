/** Every act with its fields, for the document of the control API. */

type Schema = Record<string, unknown>

const string = { type: 'string' }
const flag = { type: 'boolean', default: true }
const unset = { type: 'boolean', default: false }
const whole = { type: 'integer' }
const strings = { type: 'array', items: string }
const personId = { type: 'string', description: 'personId of a customer' }
const userId = { type: 'string', description: 'userId of a member' }

interface ActFields {
  summary: string
  needs?: Record<string, Schema>
  takes?: Record<string, Schema>
}

const BY_CUSTOMERS: Record<string, ActFields> = {
  'add-contact': {
    summary: 'Becomes an external contact of a member',
    needs: { userId },
    takes: { state: string, remarkMobile: flag, half: unset },
  },
  scan: {
    summary: 'Scans the code of a way to add: answers { userId }',
    needs: { configId: string },
    takes: { half: unset },
  },
  'refuse-transfer': { summary: 'Refuses to be handed over by this member', needs: { userId } },
  'delete-contact': { summary: 'Deletes the member', needs: { userId } },
  'enter-kf': { summary: 'Opens the customer-service chat', takes: { scene: string, sceneParam: string } },
  say: { summary: 'Writes into the chat', needs: { text: string } },
  click: { summary: 'Taps an item of a menu in the chat', needs: { menuId: string } },
  'send-photo': { summary: 'Sends a photo', needs: { base64: { type: 'string', format: 'byte' } } },
  recall: { summary: 'Takes a message in the chat back', needs: { msgid: string } },
  'block-kf': { summary: 'Rejects messages, or takes them again', takes: { blocked: flag } },
  'mp-login': { summary: 'wx.login: answers { code }' },
  'mp-phone': { summary: 'getPhoneNumber: answers { code }' },
  'mp-enter-chat': { summary: "Opens the mini-program's customer service", takes: { sessionFrom: string } },
  'mp-say': { summary: 'Writes there', needs: { text: string } },
  'mp-subscribe': {
    summary: 'Allows or refuses one message of a template: answers { left }',
    needs: { templateId: string },
    takes: { accept: flag },
  },
  'mp-unsubscribe': { summary: 'Turns a template off in the settings', needs: { templateId: string } },
  'answer-call': { summary: 'What will be said at the next answered call', takes: { answers: {} } },
}

const BY_STAFF: Record<string, ActFields> = {
  click: {
    summary: 'Taps a button of a card; without a key its submit button',
    needs: { taskId: string },
    takes: {
      key: string,
      selected: {
        type: 'object',
        description: 'question key → option id, or several where the question takes several',
        additionalProperties: { anyOf: [string, { type: 'array', items: string }] },
      },
    },
  },
  say: { summary: 'Writes to the app', needs: { text: string } },
  'qy-login': { summary: 'wx.qy.login: answers { code }' },
  'enter-app': { summary: 'Opens the app' },
  call: {
    summary: 'Calls a customer',
    needs: { customer: personId, outcome: { enum: ['answered', 'no_answer', 'busy', 'declined'] } },
  },
  'send-chat': { summary: 'Sends from the sidebar to a contact', needs: { customer: personId, text: string } },
  'take-session': { summary: 'Takes a session from the pool', needs: { customer: personId } },
  'reply-kf': { summary: 'Answers in the session', needs: { customer: personId, text: string } },
  'end-session': { summary: 'Ends the session', needs: { customer: personId } },
  resign: { summary: 'Leaves the corp' },
  'accept-contact': { summary: 'Confirms who has added this member', needs: { customer: personId } },
  'delete-customer': { summary: 'Deletes a customer', needs: { customer: personId } },
  'edit-contact': {
    summary: 'Changes the remark and tags of a customer by hand',
    needs: { customer: personId },
    takes: { remark: string, description: string, mobiles: strings, addTags: strings, removeTags: strings },
  },
  'confirm-mass': {
    summary: 'Sends the mass message that waits; to some only, where those are named: answers { sent }',
    needs: { msgId: string },
    takes: { customers: { type: 'array', items: personId } },
  },
  hire: {
    summary: 'As administrator: a new member: answers { personId, userId }',
    needs: { position: string, departmentId: whole },
  },
  'edit-member': {
    summary: 'Goes to another department, or by another userid',
    takes: { departmentId: whole, newUserId: string },
  },
  'add-department': {
    summary: 'As administrator: answers { id }',
    needs: { name: string },
    takes: { parentId: whole },
  },
  'edit-department': { summary: 'As administrator', needs: { departmentId: whole, name: string } },
  'delete-department': { summary: 'As administrator: an empty one', needs: { departmentId: whole } },
  'edit-member-tag': {
    summary: 'As administrator: puts members into a tag of the directory, or takes them out',
    needs: { tagId: string },
    takes: { addUsers: strings, delUsers: strings, addDepartments: strings, delDepartments: strings },
  },
  'add-tag': {
    summary: 'As administrator: a tag for customers: answers { groupId, tagId }',
    needs: { group: string, name: string },
  },
  'rename-tag': { summary: 'As administrator: a tag or a group', needs: { tagId: string, name: string } },
  'delete-tag': { summary: 'As administrator: a tag, or a group with its tags', needs: { tagId: string } },
  'shuffle-tags': { summary: 'As administrator: another order', takes: { tagId: string } },
}

const schemaOf = (as: 'customer' | 'staff', name: string, { summary, needs = {}, takes = {} }: ActFields): Schema => ({
  type: 'object',
  description: summary,
  properties: { as: { enum: [as] }, id: string, do: { enum: [name] }, ...needs, ...takes },
  required: ['as', 'id', 'do', ...Object.keys(needs)],
})

export const actSchemas: Schema[] = [
  ...Object.entries(BY_CUSTOMERS).map(([name, fields]) => schemaOf('customer', name, fields)),
  ...Object.entries(BY_STAFF).map(([name, fields]) => schemaOf('staff', name, fields)),
]

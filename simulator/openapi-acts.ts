/** Every act with its fields, for the document of the control API. */

type Schema = Record<string, unknown>

const string = { type: 'string' }
const flag = { type: 'boolean', default: true }
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
    takes: { state: string, remarkMobile: flag },
  },
  'delete-contact': { summary: 'Deletes the member', needs: { userId } },
  'enter-kf': { summary: 'Opens the customer-service chat', takes: { scene: string, sceneParam: string } },
  say: { summary: 'Writes into the chat', needs: { text: string } },
  click: { summary: 'Taps an item of a menu in the chat', needs: { menuId: string } },
  'send-photo': { summary: 'Sends a photo', needs: { base64: { type: 'string', format: 'byte' } } },
  'block-kf': { summary: 'Rejects messages, or takes them again', takes: { blocked: flag } },
  'mp-login': { summary: 'wx.login: answers { code }' },
  'mp-phone': { summary: 'getPhoneNumber: answers { code }' },
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

/** The phone around the program: whose it is comes from the address, or is chosen here. */
const query = new URLSearchParams(location.search)
const el = (id) => document.getElementById(id)

async function customers() {
  const response = await fetch('/_sim/state')
  const { people } = await response.json()
  return people.filter(({ kind }) => kind === 'customer')
}

function offer(list) {
  document.querySelector('main').hidden = true
  el('people').hidden = false
  document.querySelector('.empty').hidden = list.length > 0
  document.querySelector('#people ul').replaceChildren(
    ...list.map(({ personId, name }) => {
      const link = document.createElement('a')
      link.textContent = name
      link.href = `?${new URLSearchParams({ ...Object.fromEntries(query), person: personId })}${location.hash}`
      const row = document.createElement('li')
      row.append(link)
      return row
    }),
  )
}

async function start() {
  const person = query.get('person')
  if (!person) return offer(await customers())
  const path = query.get('path')
  document.querySelector('iframe').src =
    `app.html?${new URLSearchParams({ person })}${path ? `#${path}` : location.hash}`
  const known = (await customers()).find(({ personId }) => personId === person)
  el('whose').textContent = known ? `${known.name}的手机` : '没有这位客户'
}

addEventListener('message', ({ origin, data }) => {
  if (origin === location.origin && data?.type === 'aftercare:chat-opened') el('chat').hidden = false
})
void start()

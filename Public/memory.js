/** What the viewer has chosen, kept in this browser; forgotten where storage is barred. */
export const memory = {
  /** @returns {string | null} */
  get(name) {
    try {
      return localStorage.getItem(`message-center.${name}`)
    } catch {
      return null
    }
  },
  /** @param {string | null} value null forgets it. */
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(`message-center.${name}`)
      else localStorage.setItem(`message-center.${name}`, value)
    } catch { /* A browser that keeps nothing asks again next time. */ }
  },
}

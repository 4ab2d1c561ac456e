import { text } from "./text.js"
export const title = () => text("loading")
export function show() {}

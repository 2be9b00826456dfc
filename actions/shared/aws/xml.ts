/** An element of an XML answer: its text, or what it holds by name. A name that comes twice holds a list. */
export interface XmlElement {
  readonly text: string
  readonly children: ReadonlyMap<string, readonly XmlElement[]>
}

// An opening, closing or empty tag, or the text up to the next one. Declarations and comments are tags without a name.
const PIECE = /<(\/?)([\w:.-]*)[^>]*?(\/?)>|([^<]+)/g

const ENTITIES: Readonly<Record<string, string>> = {lt: '<', gt: '>', amp: '&', quot: '"', apos: "'"}

interface Open {
  readonly name: string
  text: string
  readonly children: Map<string, XmlElement[]>
}

/**
 * The elements of an answer in XML, as the services of the Query protocol give it: elements and texts, whose attributes
 * mean nothing (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization). Never throws: of
 * text that is no XML nothing is found.
 */
export function readXml(text: string): XmlElement {
  const root: Open = {name: '', text: '', children: new Map()}
  const stack = [root]
  for (const [, closing, name = '', empty, words] of text.matchAll(PIECE)) {
    const top = stack.at(-1) ?? root
    if (words !== undefined) top.text += words
    else if (name === '') continue
    else if (closing !== '') close(stack)
    else {
      stack.push({name, text: '', children: new Map()})
      if (empty !== '') close(stack)
    }
  }
  return root
}

function close(stack: Open[]): void {
  const [parent, element] = stack.slice(-2)
  if (parent === undefined || element === undefined) return
  stack.pop()
  const {name, children} = element
  const text = children.size > 0 ? '' : unescaped(element.text.trim())
  parent.children.set(name, [...(parent.children.get(name) ?? []), {text, children}])
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal))
  })
}

/** The elements at the end of a path: `xmlAt(answer, 'TargetGroups', 'member')`. */
export function xmlAt(element: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  const [name, ...rest] = path
  if (element === undefined) return []
  if (name === undefined) return [element]
  return (element.children.get(name) ?? []).flatMap((child) => xmlAt(child, ...rest))
}

/** The text at the end of a path; undefined when it is not there. */
export function xmlText(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return xmlAt(element, ...path)[0]?.text
}

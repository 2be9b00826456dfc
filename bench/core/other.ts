import type {Peer} from './peers.ts'
import type {Bench, Other, Sample} from './row.ts'

/** A peer as the other side of a case, or the reason why it is not there. */
export function besides(bench: Bench, repository: string, run: (peer: Peer) => () => Promise<Sample>): Other {
  const peer = bench.peers.find(repository)
  if (typeof peer === 'string') return {name: repository, missing: peer}
  return {name: peer.title, run: run(peer)}
}

/** The same for a tool that is a program. @param run is given the path of its executable */
export function besidesProgram(bench: Bench, repository: string, run: (path: string) => () => Promise<Sample>): Other {
  const program = bench.peers.program(repository)
  if (typeof program === 'string') return {name: repository, missing: program}
  return {name: bench.peers.title(repository), run: run(program.path)}
}

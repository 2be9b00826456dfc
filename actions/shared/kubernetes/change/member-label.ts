/** The label of the members of an ApplySet; its value is the set's id, and an object has one at most. */
export const PART_OF = 'applyset.kubernetes.io/part-of'

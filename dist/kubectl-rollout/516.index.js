export const id=516;export const ids=[516];export const modules={7516:(t,a,o)=>{o.a(t,async(t,c)=>{try{o.r(a);var r=o(3121),s=o(8227);await(0,r.a2)(s.n),c()}catch(t){c(t)}},1)}};

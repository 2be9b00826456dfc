export const id=144;export const ids=[144];export const modules={8144:(t,a,o)=>{o.a(t,async(t,c)=>{try{o.r(a);var r=o(6694),s=o(6975);await(0,r.a2)(s.ux),c()}catch(t){c(t)}},1)}};

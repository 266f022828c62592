// Functions of declarative rules.
#ifndef IREEKIT_RULE_H
#define IREEKIT_RULE_H

namespace ireekit {

// Drops the objects of attributes that are kept while drivers run: each keeps its context alive.
void forget_attributes();

}  // namespace ireekit

#endif

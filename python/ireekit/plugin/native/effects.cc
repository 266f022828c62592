// Memory effects and speculatability of operations defined at run time, fixed when attached: no call leaves C++.
#include "definitions.h"
#include "export.h"
#include "symbols.h"

using ireekit::compiler;

namespace {

enum Kind : int32_t { kRead, kWrite, kAllocate, kFree };
enum Target : int32_t { kResource, kOperand, kResult };

}  // namespace

// One effect, as Python gives it. `index` -1 stands for every operand or result.
struct ireekit_effect {
  int32_t kind;
  int32_t target;
  int32_t index;
};

namespace {

constexpr intptr_t kBatch = 16;

struct Effects {
  size_t count;
  ireekit_effect *effects;
};

// Gives instances to the compiler in batches, and frees them: it keeps copies.
class Instances {
 public:
  Instances(MlirMemoryEffectInstancesCallback give, void *data) : give_(give), data_(data) {}
  ~Instances() { flush(); }
  Instances(const Instances &) = delete;
  Instances &operator=(const Instances &) = delete;

  void add(MlirMemoryEffectInstance instance) {
    if (count_ == kBatch) flush();
    instances_[count_++] = instance;
  }

 private:
  void flush() {
    if (count_ == 0) return;
    give_(count_, instances_, data_);
    for (intptr_t index = 0; index < count_; ++index) compiler.effect_destroy(instances_[index]);
    count_ = 0;
  }

  MlirMemoryEffectInstancesCallback give_;
  void *data_;
  intptr_t count_ = 0;
  MlirMemoryEffectInstance instances_[kBatch];
};

MlirMemoryEffect effect_of(int32_t kind) {
  switch (kind) {
    case kRead: return compiler.effect_read();
    case kWrite: return compiler.effect_write();
    case kAllocate: return compiler.effect_allocate();
    default: return compiler.effect_free();
  }
}

void add(const ireekit_effect &row, MlirOperation op, Instances &instances) {
  MlirMemoryEffect effect = effect_of(row.kind);
  MlirSideEffectResource resource = compiler.effect_resource();
  if (row.target == kResource) {
    instances.add(compiler.effect_on_all(effect, {nullptr}, 0, false, resource));
    return;
  }
  bool on_operand = row.target == kOperand;
  intptr_t count = on_operand ? compiler.operation_operand_count(op) : compiler.operation_result_count(op);
  // An index that this operation does not reach, as with an absent optional operand, has no effect.
  intptr_t first = row.index < 0 ? 0 : row.index;
  intptr_t end = row.index < 0 || row.index >= count ? count : row.index + 1;
  for (intptr_t index = first; index < end; ++index)
    instances.add(on_operand ? compiler.effect_on_operand(effect, compiler.operation_operand_use(op, index), {nullptr},
                                                          0, false, resource)
                             : compiler.effect_on_result(effect, compiler.operation_result(op, index), {nullptr}, 0,
                                                         false, resource));
}

void get_effects(MlirOperation op, MlirMemoryEffectInstancesCallback give, void *give_data, void *data) {
  auto &effects = *static_cast<Effects *>(data);
  Instances instances(give, give_data);
  for (size_t index = 0; index < effects.count; ++index) add(effects.effects[index], op, instances);
}

void destroy_effects(void *data) {
  auto *effects = static_cast<Effects *>(data);
  delete[] effects->effects;
  delete effects;
}

MlirSpeculatability get_speculatability(MlirOperation, void *data) {
  return data ? kRecursivelySpeculatable : kSpeculatable;
}

bool can_attach(MlirContext context, MlirStringRef name, MlirTypeID (*interface)()) {
  return interface && compiler.implements && ireekit::dynamic_definition(context, name) &&
         !compiler.implements(name, context, interface());
}

}  // namespace

// Gives the operation exactly these memory effects; none makes it free of them. False where it cannot be.
IREEKIT_EXPORT bool ireekit_attach_effects(MlirContext context, MlirStringRef name, const ireekit_effect *effects,
                                           size_t count) {
  if (!compiler.attach_effects || !compiler.effect_destroy || !can_attach(context, name, compiler.effects_interface))
    return false;
  auto *data = new Effects{count, new ireekit_effect[count]};
  for (size_t index = 0; index < count; ++index) data->effects[index] = effects[index];
  compiler.attach_effects(context, name, {nullptr, destroy_effects, get_effects, data});
  return true;
}

// Lets the operation run where it would not have: always, or (`recursive`) where the operations in its regions may.
IREEKIT_EXPORT bool ireekit_attach_speculatable(MlirContext context, MlirStringRef name, bool recursive) {
  static char marker;
  if (!compiler.attach_speculatability || !can_attach(context, name, compiler.speculatability_interface)) return false;
  void *data = recursive ? &marker : nullptr;
  compiler.attach_speculatability(context, name, {nullptr, nullptr, get_speculatability, data});
  return true;
}

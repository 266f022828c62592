// Our own declarations of those types of MLIR's C API that cross the border by value.
#ifndef IREEKIT_MLIR_C_H
#define IREEKIT_MLIR_C_H

#include <cstddef>
#include <cstdint>

struct MlirAttribute { const void *ptr; };
struct MlirBlock { void *ptr; };
struct MlirContext { void *ptr; };
struct MlirDialect { void *ptr; };
struct MlirDynamicOpTrait { void *ptr; };
struct MlirIdentifier { const void *ptr; };
struct MlirLocation { const void *ptr; };
struct MlirMemoryEffect { const void *ptr; };
struct MlirMemoryEffectInstance { const void *ptr; };
struct MlirOpOperand { void *ptr; };
struct MlirOperation { void *ptr; };
struct MlirRegion { void *ptr; };
struct MlirSideEffectResource { const void *ptr; };
struct MlirType { const void *ptr; };
struct MlirTypeID { const void *ptr; };
struct MlirValue { const void *ptr; };

struct MlirLogicalResult { int8_t value; };
struct MlirNamedAttribute { MlirIdentifier name; MlirAttribute attribute; };
struct MlirStringRef { const char *data; size_t length; };

struct MlirDynamicOpTraitCallbacks {
  void (*construct)(void *data);
  void (*destruct)(void *data);
  MlirLogicalResult (*verify)(MlirOperation op, void *data);
  MlirLogicalResult (*verify_regions)(MlirOperation op, void *data);
};

using MlirMemoryEffectInstancesCallback = void (*)(intptr_t count, MlirMemoryEffectInstance *instances, void *data);

struct MlirMemoryEffectsOpInterfaceCallbacks {
  void (*construct)(void *data);
  void (*destruct)(void *data);
  void (*get_effects)(MlirOperation op, MlirMemoryEffectInstancesCallback give, void *give_data, void *data);
  void *data;
};

// std::optional<mlir::RegisteredOperationName> as the compiler returns it in registers.
struct RegisteredName { void *definition; bool found; };

enum MlirSpeculatability : int { kNotSpeculatable, kSpeculatable, kRecursivelySpeculatable };

struct MlirConditionallySpeculatableOpInterfaceCallbacks {
  void (*construct)(void *data);
  void (*destruct)(void *data);
  MlirSpeculatability (*get_speculatability)(MlirOperation op, void *data);
  void *data;
};

struct MlirDiagnostic { void *ptr; };
struct MlirDialectHandle { const void *ptr; };
struct MlirDialectRegistry { void *ptr; };
struct MlirExternalPass { void *ptr; };
struct MlirOpPassManager { void *ptr; };
struct MlirPass { void *ptr; };
struct MlirPassManager { void *ptr; };

struct MlirTypeIDAllocator { void *ptr; };

struct MlirExternalPassCallbacks {
  void (*construct)(void *data);
  void (*destruct)(void *data);
  MlirLogicalResult (*initialize)(MlirContext context, void *data);  // may be null
  void *(*clone)(void *data);
  void (*run)(MlirOperation op, MlirExternalPass pass, void *data);
};

// What a MlirDialectHandle points to.
struct MlirDialectRegistrationHooks {
  void (*insert)(MlirDialectRegistry registry);
  MlirDialect (*load)(MlirContext context);
  MlirStringRef (*get_namespace)();
};

struct MlirFrozenRewritePatternSet { void *ptr; };
struct MlirModule { void *ptr; };
struct MlirPDLPatternModule { void *ptr; };
struct MlirPDLResultList { void *ptr; };
struct MlirPDLValue { const void *ptr; };
struct MlirPatternRewriter { void *ptr; };
struct MlirRewritePattern { const void *ptr; };
struct MlirRewritePatternSet { void *ptr; };
struct MlirRewriterBase { void *ptr; };

struct MlirRewritePatternCallbacks {
  void (*construct)(void *data);
  void (*destruct)(void *data);
  MlirLogicalResult (*match_and_rewrite)(MlirRewritePattern pattern, MlirOperation op, MlirPatternRewriter rewriter,
                                         void *data);
};

using MlirPDLFunction = MlirLogicalResult (*)(MlirPatternRewriter rewriter, MlirPDLResultList results, size_t count,
                                              MlirPDLValue *values, void *data);

// Filled by functions only; with room for members that a later version may have.
struct MlirOperationState { void *members[14 + 8]; };

enum MlirWalkResult : int { kWalkAdvance, kWalkInterrupt, kWalkSkip };
enum MlirWalkOrder : int { kWalkPreOrder, kWalkPostOrder };

using MlirDiagnosticHandler = MlirLogicalResult (*)(MlirDiagnostic diagnostic, void *data);
using MlirStringCallback = void (*)(MlirStringRef part, void *data);

#endif

/// Keeps one worker's view of a configuration alive while something runs under it: exchanges and
/// sessions end under the configuration they began with, and the last one out closes the door.
/// Plain counts: everything here belongs to one worker's thread.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>

namespace fairlead::connect {

/// The counted half, part of what is kept alive.
class SiteLife {
  public:
    /// Called when the last use ends: retire it, destroying at once would pull the ground from
    /// under the caller.
    using OnUnused = void (*)(void* owner, SiteLife& life) noexcept;

    SiteLife(void* owner, OnUnused on_unused) : owner_(owner), on_unused_(on_unused) {}
    ~SiteLife() { assert(uses_ == 0); }
    SiteLife(const SiteLife&) = delete;
    SiteLife& operator=(const SiteLife&) = delete;

  private:
    friend class SiteUse;
    void* owner_;
    OnUnused on_unused_;
    std::size_t uses_ = 0;
};

class SiteUse {
  public:
    SiteUse() = default;  ///< of nothing
    explicit SiteUse(SiteLife& life) : life_(&life) { ++life.uses_; }
    SiteUse(SiteUse&& other) noexcept : life_(std::exchange(other.life_, nullptr)) {}
    SiteUse& operator=(SiteUse&& other) noexcept {
        if (this != &other) {
            end();
            life_ = std::exchange(other.life_, nullptr);
        }
        return *this;
    }
    ~SiteUse() { end(); }

    void end() noexcept {
        SiteLife* const life = std::exchange(life_, nullptr);
        if (life != nullptr && --life->uses_ == 0) life->on_unused_(life->owner_, *life);
    }

  private:
    SiteLife* life_ = nullptr;
};

}  // namespace fairlead::connect

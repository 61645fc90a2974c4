/// `[process] user`: becoming another user once everything is bound, and finding out beforehand
/// what that user will not be able to do.
///
/// Only while the process has one thread: some of it (capabilities, no_new_privs) is a property of
/// the calling thread, which threads made later inherit and those made before do not. libuv's pool
/// starts with the first work in the background, workers with Server::start.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/result.h"

namespace fairlead::runtime {

struct Account {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  ///< all, `gid` among them
};

/// Looks a user up, by name or number. An error tells how to make one.
Result<Account> find_account(const std::string& name);

/// Becomes that user for good. CAP_NET_BIND_SERVICE is kept when the process has it, so that a
/// reload may add a listener on port 80; everything else that root has is gone, and no program
/// started from here gains privileges. The process stays inspectable by its user (/proc/self).
/// As that user already: only gives up what is not needed.
/// @return an error when this is neither root nor that user, or other threads exist; then the
///         process must not go on, for a part may be done
Result<void> become(const Account& account);

/// What a user has to be able to do.
struct UserNeed {
    enum class Kind {
        Read,         ///< read the file at `path`
        WriteFolder,  ///< make and remove files in the folder of `path`
        Bind,         ///< listen on `address`, when it is added by a reload
    };
    Kind kind = Kind::Read;
    std::string path;
    BindAddress address;
    std::string what;  ///< what errors call it: "the certificate of [listener.web]"
    Location where;
};

/// Tries each need as that user in a child process that has become it; nothing is left behind, and
/// an address that is in use is no error.
/// @return what that user cannot do, with the cure; an error when it cannot be found out: neither
///         root nor that user
Result<std::vector<Error>> check_as_user(const Account& account,
                                         const std::vector<UserNeed>& needs);

}  // namespace fairlead::runtime

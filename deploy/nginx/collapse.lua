-- Those who ask for the same wait for one of them to fetch it into the cache, also when the origin holds it.
--
-- nginx's own proxy_cache_lock does this too, but looks only every 500 ms whether the answer is there: longer
-- than two parts last. Tables here belong to one worker process, so each worker asks the origin once.

local semaphore = require "ngx.semaphore"

local LONGEST_WAIT = 15 -- seconds; the origin gives up after 12
local LONGEST_KNOWN = 20 -- seconds; playlists stay in the cache for 24

-- The server in edge.conf that fills the cache.
local FILL_ADDRESS, FILL_PORT = "127.0.0.1", 8009
-- What answers depend on, and who asks.
local PASSED_ON = { "cookie", "authorization", "origin", "accept_encoding" }

local flights = {}

local function request()
    local uri = ngx.var.request_uri
    if uri:find("[%c ]") then
        return nil
    end
    -- HTTP/1.0: it closes when all is said, and by then the answer is in the cache.
    local lines = { "GET " .. uri .. " HTTP/1.0", "Host: " .. ngx.var.host }
    for _, name in ipairs(PASSED_ON) do
        local value = ngx.var["http_" .. name]
        if value and not value:find("%c") then
            lines[#lines + 1] = name:gsub("_", "-") .. ": " .. value
        end
    end
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- Status and head of the answer, once the cache has it.
local function filled()
    local text = request()
    if not text then
        return 400, ""
    end
    local socket = ngx.socket.tcp()
    socket:settimeouts(1000, 1000, 20000)
    if not socket:connect(FILL_ADDRESS, FILL_PORT) or not socket:send(text) then
        return 502, ""
    end
    local head = socket:receiveuntil("\r\n\r\n")() or ""
    repeat
        local more = socket:receiveany(65536)
    until not more
    socket:close()
    return tonumber(head:match("^HTTP/1%.%d (%d%d%d)")) or 502, head
end

local function seconds_kept(head)
    return tonumber(head:lower():match("\ncache%-control:[^\r\n]*max%-age=(%d+)") or 0)
end

local function fetch(key, known)
    local flight = { waiting = 0, landed = semaphore.new(), ends = ngx.now() + 2 * LONGEST_WAIT }
    flights[key] = flight
    local ran, status, head = pcall(filled)
    flights[key] = nil
    flight.status = ran and status or 502
    if flight.status == 200 then
        local kept = math.min(LONGEST_KNOWN, seconds_kept(head) * 0.8)
        if kept > 0 then
            known:set(key, true, kept)
        end
    end
    if flight.waiting > 0 then
        flight.landed:post(flight.waiting)
    end
end

local collapse = {}

-- Returns when the cache has the answer, or when this request has to ask by itself.
function collapse.wait()
    local known = ngx.shared.konsilium_known
    local key = ngx.var.konsilium_key
    local ends = ngx.now() + LONGEST_WAIT
    while not known:get(key) do
        local flight = flights[key]
        -- One that never landed went away with its viewer.
        if not flight or flight.ends < ngx.now() then
            return fetch(key, known)
        end
        flight.waiting = flight.waiting + 1
        if not flight.landed:wait(math.max(0.001, ends - ngx.now())) then
            flight.waiting = flight.waiting - 1
            return
        end
        if flight.status == 200 then
            return
        end
        -- A grant that is not good is one viewer's matter: the next one tries. All else holds for everybody.
        if flight.status ~= 401 and flight.status ~= 403 then
            return ngx.exit(flight.status)
        end
    end
end

return collapse

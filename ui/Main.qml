// The window: a stage of the design's size, with the head, the notices and one page.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Window
import Kiosk
import "components"

Window {
    id: window
    width: Appearance.windowWidth
    height: Appearance.windowHeight
    color: Theme.paper
    title: "Kiosk"
    flags: Qt.FramelessWindowHint
    // Who has a keyboard could press Alt+F4. A visit ends by its process, never by its window.
    onClosing: close => { close.accepted = false }

    Binding { target: Theme; property: "wide"; value: Appearance.stageWidth > Appearance.stageHeight }
    Binding { target: Theme; property: "scale"; value: Appearance.scale }
    Binding { target: Theme; property: "highContrast"; value: Appearance.highContrast }
    Binding { target: Theme; property: "lowered"; value: Appearance.lowered }
    Binding { target: Theme; property: "motion"; value: Appearance.motion }
    Binding { target: Theme; property: "hair"; value: Math.max(1, 1 / Math.max(0.1, stage.scale)) }

    property BarePage current: null       // the page that is shown
    property BarePage leaving: null       // the page before it, until the next frame is on the screen
    property var kept: ({})               // pages that may be shown again, by their names; not in the window

    Item {
        id: stage
        width: Appearance.stageWidth
        height: Appearance.stageHeight
        // The whole page is always on the glass, also on a screen of another shape than the stage.
        x: (window.width - width * scale) / 2
        y: (window.height - height * scale) / 2
        transformOrigin: Item.TopLeft
        scale: Math.min(window.width / width, window.height / height)
        focus: true

        Rectangle {
            anchors.fill: parent
            color: Theme.paper
        }
        Head {
            id: head
            visible: !CurrentPage.blankScreen
            z: 1
            width: parent.width
            height: 120
            footless: window.current !== null && !window.current.leave
        }
        Rectangle {
            id: band
            visible: CurrentPage.demo && !CurrentPage.blankScreen && CurrentPage.page !== "MaintenancePage"
            y: head.height
            width: parent.width
            height: 44
            color: Theme.ink
            Label {
                anchors.centerIn: parent
                text: qsTr("演示数据 · 不作任何证明")
                color: "#FFFFFF"
                font.pixelSize: 28
                font.letterSpacing: Theme.elder ? 2 : 4
                wrapMode: Text.NoWrap
            }
        }
        Rectangle {
            visible: IdleClock.visitLeft > 0 && !CurrentPage.blankScreen
            z: 1
            y: head.height
            width: parent.width
            height: band.height
            color: Theme.amber
            Label {
                anchors.centerIn: parent
                text: qsTr("本次办理还剩 %1 秒，请尽快办完").arg(IdleClock.visitLeft)
                color: Theme.white
                font.pixelSize: 28
                font.bold: true
                wrapMode: Text.NoWrap
                Accessible.role: Accessible.AlertMessage
            }
        }
        Item {
            id: beginning                 // has the focus when a step begins
            objectName: "beginning"
            activeFocusOnTab: true        // without this, Tab would not start from here
            Accessible.ignored: true
            Keys.forwardTo: window.current ? [window.current] : []
        }
        Item {
            id: page
            y: head.height + band.height
            width: parent.width
            height: parent.height - y
            visible: !CurrentPage.blankScreen
        }
        Note {
            visible: wanted && !CurrentPage.blankScreen
            z: 2
            x: Theme.side
            y: page.y + page.height - Theme.foot - Theme.touch - Theme.gap - height
            width: parent.width - 2 * Theme.side
            text: CurrentPage.wrong
            tone: "bad"
            icon: "refused"
        }
        Rectangle {   // dims what cannot be pressed while the wait lasts; 退出 in the foot can
            visible: wait.visible
            z: 2
            y: page.y
            width: parent.width
            height: page.height - Theme.foot - Theme.touch - Theme.gap / 2
            color: Theme.paper
            opacity: 0.72
            MouseArea {
                anchors.fill: parent
                Accessible.ignored: true
            }
        }
        PushButton {   // not every page has 退出 in its foot
            objectName: "waitNoMore"
            visible: wait.visible && CurrentPage.late
            z: 3
            x: (parent.width - width) / 2
            y: wait.y + wait.height + Theme.gap
            width: Math.max(implicitWidth, 400)
            sleepy: false
            text: qsTr("不等了，退出")
            iconName: "leave"
            onClicked: CurrentPage.leave()
        }
        Rectangle {
            id: wait
            visible: CurrentPage.slow && !CurrentPage.blankScreen
            z: 2
            width: Math.min(parent.width - 2 * Theme.side, waiting.x + Math.ceil(line.implicitWidth) + 48)
            height: Math.max(128, waiting.height + 48)
            radius: 64
            color: Theme.ink
            x: (parent.width - width) / 2
            y: page.y + (page.height - height) / 2
            Spinner {
                id: turning
                x: 44
                anchors.verticalCenter: parent.verticalCenter
                color: "#FFFFFF"
            }
            Label {   // how wide the words are on one line; a label that wraps would tell its own width
                id: line
                visible: false
                text: CurrentPage.waiting
                wrapMode: Text.NoWrap
                Accessible.ignored: true
            }
            Label {
                id: waiting
                anchors { left: turning.right; leftMargin: 28; verticalCenter: parent.verticalCenter }
                width: Math.min(Math.ceil(line.implicitWidth), wait.width - x - 48)
                text: CurrentPage.waiting
                color: "#FFFFFF"
                Accessible.role: Accessible.AlertMessage
            }
        }
        IdleWarning {
            anchors.fill: parent
            z: 3
        }
        Cover {
            anchors.fill: parent
            z: 4
        }
    }

    // Shows the current page: the one that is kept when it can show the content, else one made anew.
    function show() {
        goAway()
        const before = current
        const again = kept[CurrentPage.page] ?? null
        delete kept[CurrentPage.page]
        if (again && CurrentPage.fits) {
            again.view = CurrentPage.content
            again.back = CurrentPage.back
            again.parent = page
            again.visible = true
            current = again
        } else {
            if (again) again.destroy()
            current = made(CurrentPage.page, CurrentPage.content, true)
        }
        if (!before) return
        before.visible = false        // a finger that is still down presses nothing there any more
        if (before.untouched && CurrentPage.keeps) {
            before.parent = null
            kept[before.name] = before
        } else {
            leaving = before
        }
    }
    function made(name: string, view: QtObject, visible: bool): BarePage {
        const component = Qt.createComponent("pages/" + name + ".qml")
        const first = { "view": view, "back": CurrentPage.back, "name": name, "visible": visible,
            "width": page.width, "height": page.height }
        const next = component.createObject(page, first) as BarePage
        if (!next) {
            console.error(component.errorString())
            return null               // no page: the one before may not stay
        }
        next.width = Qt.binding(() => page.width)
        next.height = Qt.binding(() => page.height)
        return next
    }
    // To take a page apart takes as long as some frames: nobody waits for it.
    function goAway() {
        if (leaving) leaving.destroy()
        leaving = null
    }
    onFrameSwapped: if (leaving) goAway()

    Connections {
        target: CurrentPage
        function onPageChanged() { window.show() }
        function onContentChanged() {
            if (!window.current) return
            window.current.back = CurrentPage.back
            window.current.view = CurrentPage.content
        }
        function onAhead(name, view) {
            const next = window.made(name, view, false)
            next.parent = null
            window.kept[name] = next
        }
        function onForgotten() {
            window.goAway()
            for (const name in window.kept) window.kept[name].destroy()
            window.kept = {}
        }
        // No button has the focus when a step begins: Tab leads to the page's first button.
        function onPageShown() { beginning.forceActiveFocus(Qt.OtherFocusReason) }
    }
    Component.onCompleted: if (CurrentPage.content) show()
}

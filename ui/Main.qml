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

    Binding { target: Theme; property: "wide"; value: Appearance.stageWidth > Appearance.stageHeight }
    Binding { target: Theme; property: "scale"; value: Appearance.scale }
    Binding { target: Theme; property: "highContrast"; value: Appearance.highContrast }
    Binding { target: Theme; property: "lowered"; value: Appearance.lowered }
    Binding { target: Theme; property: "motion"; value: Appearance.motion }

    readonly property BarePage current: page.item as BarePage

    Item {
        id: stage
        width: Appearance.stageWidth
        height: Appearance.stageHeight
        transformOrigin: Item.TopLeft
        scale: window.width / width
        focus: true

        Rectangle {
            id: blank
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
            visible: CurrentPage.demo && !CurrentPage.blankScreen
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
        Item {
            id: beginning                 // has the focus when a step begins
            objectName: "beginning"
            activeFocusOnTab: true        // without this, Tab would not start from here
            Accessible.ignored: true
            Keys.forwardTo: page.item ? [page.item] : []
        }
        Loader {
            id: page
            y: head.height + band.height
            width: parent.width
            height: parent.height - y
            visible: !CurrentPage.blankScreen
        }
        Note {
            id: hint
            visible: wanted && !CurrentPage.blankScreen
            z: 2
            x: Theme.side
            y: page.y + page.height - Theme.foot - Theme.touch - Theme.gap - height
            width: parent.width - 2 * Theme.side
            text: CurrentPage.wrong
            tone: "bad"
            icon: "refused"
        }
        Rectangle {
            id: wait
            visible: CurrentPage.slow && !CurrentPage.blankScreen
            z: 2
            width: waiting.implicitWidth + 160
            height: 128
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
            Label {
                id: waiting
                anchors { left: turning.right; leftMargin: 28; verticalCenter: parent.verticalCenter }
                text: qsTr("正在办理，请稍候")
                color: "#FFFFFF"
                wrapMode: Text.NoWrap
                Accessible.role: Accessible.AlertMessage
            }
        }
        IdleWarning {
            anchors.fill: parent
            z: 3
        }
    }

    function show() {
        const source = Qt.resolvedUrl("pages/" + CurrentPage.page + ".qml")
        if (page.source === source && current)
            current.view = CurrentPage.content
        else
            page.setSource(source, { "view": CurrentPage.content })
    }

    Connections {
        target: CurrentPage
        function onPageChanged() { window.show() }
        function onContentChanged() { if (window.current) window.current.view = CurrentPage.content }
        // No button has the focus when a step begins: Tab leads to the page's first button.
        function onPageShown() { beginning.forceActiveFocus(Qt.OtherFocusReason) }
    }
    Component.onCompleted: if (CurrentPage.content) show()
}
